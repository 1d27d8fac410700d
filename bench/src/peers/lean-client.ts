import { Client } from 'undici';
import type { Call } from './peer.js';

/**
 * Posts `{text}` to /echo over as many connections as there are calls at once, and reads nothing of an answer but its
 * status: most of the time shall be the server's.
 */
export function leanClient(port: number, headers: Readonly<Record<string, string>> = {}): Call {
  const idle: Client[] = [];
  const origin = `http://127.0.0.1:${String(port)}`;
  const sent = { 'content-type': 'application/json', ...headers };
  let body = { text: '', json: '' };
  return (text) => {
    const client = idle.pop() ?? new Client(origin, { pipelining: 1 });
    if (body.text !== text) body = { text, json: JSON.stringify({ text }) };
    return new Promise((resolve, reject) => {
      let status = 0;
      client.dispatch(
        { path: '/echo', method: 'POST', headers: sent, body: body.json },
        {
          onRequestStart: () => undefined,
          onResponseStart: (_controller, statusCode) => {
            status = statusCode;
          },
          onResponseData: () => undefined,
          onResponseEnd: () => {
            idle.push(client);
            if (status === 200) resolve(status);
            else reject(new Error(`HTTP ${String(status)}`));
          },
          onResponseError: (_controller, error) => {
            idle.push(client);
            reject(error);
          },
        },
      );
    });
  };
}
