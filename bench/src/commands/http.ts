import { compare } from '../compare.js';
import { httpPeers } from '../peers/index.js';
import { publish, readOptions } from './options.js';

/** JSON over HTTP/1.1: our REST server beside others, all asked by the same lean client. */
export async function run(args: readonly string[]): Promise<void> {
  const options = readOptions(args, { seconds: 2, rounds: 3 });
  publish({ name: 'http', rows: await compare(Object.keys(httpPeers), options) }, options);
}
