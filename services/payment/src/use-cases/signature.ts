import { createHmac, timingSafeEqual } from 'node:crypto';

const toleranceSeconds = 300;

/** Is `t=<seconds>,v1=<hex HMAC-SHA256 over "t.body">` made by one of the secrets, within 300 s of now? */
export function verifySignature(
  body: Buffer,
  header: string,
  expected: { secrets: readonly string[]; nowSeconds: number },
): boolean {
  const match = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header);
  const [, time, mac] = match ?? [];
  if (time === undefined || mac === undefined) return false;
  const given = Buffer.from(mac, 'hex');
  const isGenuine = expected.secrets
    .map((secret) => createHmac('sha256', secret).update(`${time}.`).update(body).digest())
    .map((right) => timingSafeEqual(right, given))
    .includes(true);
  return isGenuine && Math.abs(expected.nowSeconds - Number(time)) <= toleranceSeconds;
}
