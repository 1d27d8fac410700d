import type { DnsAnswer, Question } from './answer.js';
import { type Asked, readRequest, writeAnswer } from './message.js';

/** Decides what a question's answer is. */
export type Answer = (question: Question) => DnsAnswer;

/** From the bytes of a request to those of its answer; undefined where silence is the answer. */
export type Respond = (request: Buffer, maxBytes: (asked: Asked) => number) => Buffer | undefined;

export function answerTo(answer: Answer, log: { error(details: object, message: string): void }): Respond {
  return (request, maxBytes) => {
    const asked = readRequest(request);
    if (asked === undefined || Buffer.isBuffer(asked)) return asked;
    try {
      return writeAnswer(asked, answer(asked), maxBytes(asked));
    } catch (error) {
      log.error({ err: error, name: asked.name }, 'a DNS question could not be answered');
      return writeAnswer(asked, { code: 'SERVFAIL', entries: [] }, maxBytes(asked));
    }
  };
}
