import { describe, expect, it } from '@jest/globals';
import { Parser } from '@asyncapi/parser/cjs/index.js';
import { readAsyncapiDocument } from './descriptors.js';
import { topics } from './topics.js';

describe('the AsyncAPI document', () => {
  const parser = new Parser();
  const problemsOf = async (text: string): Promise<string[]> =>
    (await parser.validate(text)).map(({ path, message }) => `${path.join('/')}: ${message}`);

  it('is a valid AsyncAPI 3 document', async () => {
    expect(await problemsOf(readAsyncapiDocument())).toEqual([]);
  });

  it('would not be one with a channel that nothing describes', async () => {
    const broken = readAsyncapiDocument().replace('#/channels/identity.events.v1', '#/channels/elsewhere');
    expect(await problemsOf(broken)).not.toEqual([]);
  });

  it('says each topic and each of its messages', async () => {
    const { document } = await parser.parse(readAsyncapiDocument());
    const said = Object.fromEntries(
      (document?.channels().all() ?? []).map((channel) => [
        channel.address(),
        channel
          .messages()
          .all()
          .map((message) => message.name())
          .sort(),
      ]),
    );
    const wanted = Object.entries(topics).map(([topic, types]) => [topic, [...types].sort()]);
    expect(said).toEqual(Object.fromEntries(wanted));
  });
});
