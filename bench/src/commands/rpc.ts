import { compare } from '../compare.js';
import { startExtras } from '../extras.js';
import { rpcPeers } from '../peers/index.js';
import { publish, readOptions } from './options.js';

/** Calls from process to process: ours beside others. Each stack has a process that serves and one that calls. */
export async function run(args: readonly string[]): Promise<void> {
  const options = readOptions(args, { seconds: 2, rounds: 3 });
  const extras = await startExtras();
  try {
    const rows = await compare(Object.keys(rpcPeers), options, { places: extras.places });
    publish({ name: 'rpc', rows }, options);
  } finally {
    await extras.stop();
  }
}
