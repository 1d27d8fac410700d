import { measureClosedLoop, measureOpenLoop, type ClosedLoad, type Flood } from '../load.js';
import { peers } from './index.js';
import type { Call, Setup } from './peer.js';

/** What the benchmark tells a child of its: to serve or to call, and then what load to make. */
export type Order =
  | { readonly kind: 'serve' | 'connect'; readonly stack: string; readonly setup: Setup }
  | { readonly kind: 'load'; readonly load: ClosedLoad }
  | { readonly kind: 'flood'; readonly flood: Flood };

let call: Call | undefined;
let served: unknown;

async function carryOut(order: Order): Promise<unknown> {
  if (order.kind === 'load' || order.kind === 'flood') {
    if (!call) throw new Error('Nothing is connected.');
    return order.kind === 'load' ? measureClosedLoop(call, order.load) : measureOpenLoop(call, order.flood);
  }
  const peer = await peers[order.stack]?.();
  if (!peer) throw new Error(`There is no stack ${order.stack}.`);
  if (order.kind === 'serve') served = await peer.serve(order.setup);
  else call = await peer.connect(order.setup);
  return served === undefined;
}

process.on('message', (order: Order) => {
  carryOut(order).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
// Whoever started it has gone.
process.on('disconnect', () => process.exit(0));
