import { errorCodes, isErrorCode, type ErrorCode, type Problem } from '@souk/comms/errors';
import { textOf, type ApiAnswer } from './call.js';

/**
 * Checks that an answer is a whole problem of the public contract: content type, every member, a code of the closed
 * list with its own status, a trace id, `errors` for 400, Retry-After for 429 and 503.
 * @throws a sentence that names all that is wrong
 */
export async function expectProblem(
  answer: ApiAnswer | Promise<ApiAnswer>,
  ...codes: ErrorCode[]
): Promise<Problem> {
  const got = await answer;
  const problem = (typeof got.body === 'object' && got.body !== null ? got.body : {}) as Partial<Problem>;
  const faults = [
    !(got.headers.get('content-type') ?? '').startsWith('application/problem+json') && 'content type',
    !isErrorCode(problem.code) && 'code',
    isErrorCode(problem.code) && errorCodes[problem.code].http !== got.status && 'status of the code',
    isErrorCode(problem.code) && errorCodes[problem.code].retryable !== problem.retryable && 'retryable',
    codes.length > 0 && !(codes as unknown[]).includes(problem.code) && `code ${codes.join(' or ')}`,
    problem.status !== got.status && 'status',
    !isText(problem.type) && 'type',
    !isText(problem.title) && 'title',
    !isText(problem.detail) && 'detail',
    !isText(problem.instance) && 'instance',
    !/^[0-9a-f]{32}$/.test(problem.traceId ?? '') && 'traceId',
    got.status === 400 && !Array.isArray(problem.errors) && 'errors',
    [429, 503].includes(got.status) && got.headers.get('retry-after') === null && 'Retry-After',
  ].filter((fault) => fault !== false);
  if (faults.length > 0)
    throw new Error(`Wrong in the problem: ${faults.join(', ')}. Got ${String(got.status)} ${textOf(got)}`);
  return problem as Problem;
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
