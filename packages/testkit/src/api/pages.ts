import { call, expectStatus } from './call.js';

interface Page<T> {
  readonly items: T[];
  readonly nextCursor: string | null;
}

/** Walks a list by its cursors, from its start to its end. @param path with its query, without limit and cursor */
export async function readPages<T>(
  url: string,
  list: { path: string; limit: number; token?: string },
): Promise<T[][]> {
  const pages: T[][] = [];
  let cursor: string | null = null;
  do {
    const query: URLSearchParams = new URLSearchParams({
      limit: String(list.limit),
      ...(cursor === null ? {} : { cursor }),
    });
    const path = `${list.path}${list.path.includes('?') ? '&' : '?'}${query.toString()}`;
    const page: Page<T> = (await expectStatus(200, call<Page<T>>(url, `GET ${path}`, { token: list.token })))
      .body;
    pages.push(page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return pages;
}
