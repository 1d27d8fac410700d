import { ServiceError } from '@souk/comms/errors';
import { idParams, pageQuery, strictObject, type HttpServer } from '@souk/comms/http';
import type { LedgerReader } from '../store/ledger-reader.js';
import { lastIdOf, pageOf } from './pages.js';
import { accounts, entries } from './schemas.js';

const adminOnly = { access: 'admin' } as const;
const querystring = strictObject(pageQuery);

export function addAccountRoutes(server: HttpServer, ledger: LedgerReader): void {
  server.get(
    '/api/accounts',
    { config: adminOnly, schema: { querystring, response: { 200: accounts } } },
    async ({ query: { limit, cursor } }) => {
      const after = cursor === undefined ? {} : { after: lastIdOf(cursor) };
      return pageOf(await ledger.accounts({ limit: limit + 1, ...after }), limit);
    },
  );

  server.get(
    '/api/accounts/:id/entries',
    { config: adminOnly, schema: { params: idParams, querystring, response: { 200: entries } } },
    async ({ params: { id }, query: { limit, cursor } }) => {
      if (!(await ledger.exists(id))) throw new ServiceError('not_found', 'No such account.');
      const before = cursor === undefined ? {} : { before: lastIdOf(cursor) };
      return pageOf(await ledger.entries({ accountId: id, limit: limit + 1, ...before }), limit);
    },
  );
}
