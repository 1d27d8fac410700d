import { describe, expect, it } from '@jest/globals';
import { ServiceError } from '../../errors/index.js';
import { OutgoingCall } from '../outgoing-call.js';
import { createClientLane } from './client-lane.js';
import { eachFrame, frameKinds } from './protocol.js';

const nothing = () => undefined;
const turn = () => new Promise(setImmediate);

function callOf(bytes: number, onEnded: (code: string) => void): OutgoingCall {
  return new OutgoingCall(
    {
      path: '/toy.v1.ToyService/Ask',
      request: Buffer.alloc(bytes),
      untilMs: Date.now() + 60_000,
      traceparent: '',
      priority: 2,
      metadata: {},
    },
    (error) => {
      onEnded(error?.code ?? 'ok');
    },
  );
}

describe("a lane's client", () => {
  it('refuses calls to a peer that does not read, instead of keeping them', async () => {
    const written: number[] = [];
    const lane = createClientLane({
      token: () => 'token',
      onRetired: nothing,
      // Never done: the peer's window stays shut.
      stream: { write: (message) => void written.push(message.length), end: nothing, destroy: nothing },
    });
    const codes: string[] = [];
    for (let n = 0; n < 1000; n += 1) {
      lane.start(callOf(60_000, (code) => codes.push(code)));
      if (n % 100 === 0) await turn();
    }
    expect(written).toHaveLength(1);
    expect(codes.length).toBeGreaterThan(800);
    expect(new Set(codes)).toEqual(new Set(['unavailable']));
    expect(lane.size.calls * 60_000).toBeLessThan(10 * 1024 * 1024);
    for (const call of lane.ended()) call.fail(new ServiceError('unavailable', 'It is over.'));
    expect(lane.size).toEqual({ calls: 0, queued: 0 });
  });

  it('sends the calls of one turn in one message, and tells of a token as soon as it is new', async () => {
    const messages: Buffer[] = [];
    let token = 'first';
    const lane = createClientLane({
      token: () => token,
      onRetired: nothing,
      stream: {
        write: (message, done) => {
          messages.push(message);
          done();
        },
        end: nothing,
        destroy: nothing,
      },
      renewEveryMs: 20,
    });
    for (let n = 0; n < 30; n += 1) lane.start(callOf(10, nothing));
    await turn();
    await turn();
    expect(messages).toHaveLength(1);
    token = 'second';
    while (messages.length < 2) await turn();
    const seen: string[] = [];
    eachFrame(messages[1] ?? Buffer.alloc(0), (kind, _call, body) => {
      seen.push(`${String(kind)} ${body.toString()}`);
    });
    expect(seen).toEqual([`${String(frameKinds.token)} second`]);
    lane.ended();
  });
});
