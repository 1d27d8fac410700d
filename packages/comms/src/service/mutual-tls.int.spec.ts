import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Certificates } from '../auth/index.js';
import { ServiceError } from '../errors/index.js';
import { createHttpClient, createHttpServer } from '../http/index.js';
import { createLogger, createMetrics, type Logger } from '../telemetry/index.js';
import { createToyAuthority, type ToyAuthority } from '../testing/certificates.js';
import { serveToy, toyClient, toyPicker, toyTokens } from '../testing/toy-lane.js';
import { until } from '../testing/until.js';

type Door = 'gRPC on the lane' | 'gRPC by itself' | 'REST';

/** Keeps what is logged, as text. */
function listening(): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const stream = { write: (line: string) => void lines.push(line) };
  return { logger: createLogger({ service: 'toy', instance: 'toy', level: 'info', stream }), lines };
}

describe.each<Door>(['gRPC on the lane', 'gRPC by itself', 'REST'])('mutual TLS, %s', (door) => {
  const closing: (() => Promise<void> | void)[] = [];
  const { logger, lines } = listening();
  let ours: ToyAuthority & { pem: string };
  let theirs: ToyAuthority;
  let server: Certificates & { folder: string };
  let port = 0;

  beforeAll(async () => {
    ours = await createToyAuthority();
    theirs = await createToyAuthority(ours.pem);
    server = await ours.issue('toy');
    if (door === 'REST') {
      const http = await createHttpServer({
        title: 'toy',
        logger,
        metrics: createMetrics(),
        certificates: server,
      });
      http.get('/ask', { config: { access: 'public' } }, () => ({ text: 'answer' }));
      await http.listen({ host: '127.0.0.1', port: 0 });
      port = (http.server.address() as { port: number }).port;
      closing.push(() => http.close());
    } else {
      const work = () => Promise.resolve({ text: 'answer' });
      const toy = await serveToy(work, { logger, certificates: server });
      port = toy.port;
      closing.push(() => toy.server.close(100));
    }
  });
  afterAll(async () => {
    for (const close of closing.reverse()) await close();
    ours.close();
    theirs.close();
  });

  /** One call by a client of its own. @returns the answer, or the code of the error */
  const ask = async (options: {
    certificates?: Certificates | undefined;
    peer?: string;
    caller?: string;
    timeoutMs?: number;
  }): Promise<string> => {
    const { certificates, peer = 'toy', caller = 'order', timeoutMs = 20_000 } = options;
    const picker = toyPicker(port);
    const failed = (error: unknown) => ServiceError.from(error).code;
    if (door === 'REST') {
      const target = () => Promise.resolve(picker);
      const client = createHttpClient({ peer, target, metrics: createMetrics(), certificates, timeoutMs });
      const answer = client.call({ method: 'GET', path: '/ask' });
      return answer.then(({ body }) => (body as { text: string }).text, failed).finally(client.close);
    }
    const client = toyClient(picker, {
      // The name that the certificate is verified by; the token is for the toy whatever it is.
      peer,
      certificates,
      tokens: () => toyTokens(caller)('toy'),
      timeoutMs,
      lane: door === 'gRPC on the lane',
    });
    const answer = client.methods.ask({ text: '' });
    return answer.then(({ text }) => text, failed).finally(client.close);
  };
  /** gRPC tries to connect until the call's deadline. */
  const refused = (options: { certificates?: Certificates | undefined; peer?: string }) =>
    ask({ ...options, timeoutMs: 2000 });
  const noAnswer = /unavailable|deadline_exceeded/;
  const refusals = () => lines.filter((line) => line.includes('refused'));

  it('serves who shows a certificate of the authority', async () => {
    expect(await ask({ certificates: await ours.issue('order') })).toBe('answer');
    expect(refusals()).toEqual([]);
  });

  it.each<[string, string, () => Promise<Certificates | undefined>]>([
    ['another authority of the same name signed', 'CERT_SIGNATURE_FAILURE', () => theirs.issue('order')],
    [
      'is over',
      'CERT_HAS_EXPIRED',
      () => ours.issue('order', { notBefore: new Date(Date.now() - 7_200_000) }),
    ],
    ['names no service of ours', 'names no service', () => ours.issue('Order/../admin')],
  ])('refuses a certificate that %s, and logs why once', async (_what, reason, issue) => {
    const certificates = await issue();
    const before = refusals().length;
    for (let n = 0; n < 3; n += 1) expect(await refused({ certificates })).toMatch(noAnswer);
    await until('it is said', () => refusals().length > before);
    expect(refusals().slice(before)).toEqual([expect.stringContaining(reason)]);
  });

  it('refuses who shows none, or speaks plainly', async () => {
    expect(await refused({ certificates: undefined })).toMatch(noAnswer);
    const options: ConnectionOptions = {
      host: '127.0.0.1',
      port,
      ca: ours.pem,
      servername: 'toy.souk.internal',
    };
    const socket = connectTls({ ...options, ALPNProtocols: [door === 'REST' ? 'http/1.1' : 'h2'] });
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('close', resolve));
    await until('it is said', () => refusals().some((line) => line.includes('PEER_DID_NOT_RETURN')));
  });

  it('is not taken for a service of another name', async () => {
    expect(await refused({ certificates: await ours.issue('order'), peer: 'payment' })).toMatch(noAnswer);
  });

  if (door !== 'REST') {
    it("refuses a service's token on the connection of another", async () => {
      const certificates = await ours.issue('stranger');
      const before = refusals().length;
      expect(await ask({ certificates, caller: 'order' })).toBe('unauthenticated');
      expect(refusals().slice(before)).toEqual([
        expect.stringContaining('the token names order, the certificate stranger'),
      ]);
      expect(await ask({ certificates, caller: 'stranger' })).toBe('permission_denied');
    });
  }

  it('shows a renewed certificate without a restart, and trusts one', async () => {
    const shown = () =>
      new Promise<string>((resolve, reject) => {
        const { ca, cert, key } = server.current;
        const options = { host: '127.0.0.1', port, ca, cert, key, servername: 'toy.souk.internal' };
        const socket = connectTls({ ...options, ALPNProtocols: ['h2', 'http/1.1'] }, () => {
          resolve(socket.getPeerCertificate().fingerprint256);
          socket.destroy();
        });
        socket.on('error', reject);
      });
    const client = await ours.issue('order');
    const before = await shown();
    const renewed = await ours.renew(server.folder, 'toy');
    await until('the new one is shown', async () => (await shown()) !== before);
    expect(server.current.cert.toString()).toBe(renewed);
    const renewedClient = await ours.renew(client.folder, 'order');
    await until('the client has its own', () => client.current.cert.toString() === renewedClient);
    expect(await ask({ certificates: client })).toBe('answer');
  });

  it('logs no secret', () => {
    expect(lines.join('\n')).not.toMatch(/PRIVATE KEY|eyJ/);
  });
});
