import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export type KafkaAvailability =
  { readonly available: true } | { readonly available: false; readonly why: string };

const oldestJava = 17;

/** Whether this machine can run Kafka without Docker: Java and Maven on PATH. */
export async function kafkaAvailability(): Promise<KafkaAvailability> {
  const [java, maven] = await Promise.all([output('java', '-version'), output('mvn', '--version')]);
  if (java === undefined) return { available: false, why: 'java is not on PATH' };
  const version = javaVersionOf(java);
  if (!(version >= oldestJava))
    return { available: false, why: `java is ${version}, not ${oldestJava} or later` };
  return maven === undefined ? { available: false, why: 'mvn is not on PATH' } : { available: true };
}

/** @param text what `java -version` prints: `openjdk version "17.0.15" 2025-04-15 …`, before 9 `"1.8.0_432"` */
export function javaVersionOf(text: string): number {
  const [, first, second] = /version "(\d+)(?:\.(\d+))?/.exec(text) ?? [];
  return Number(first === '1' ? second : first);
}

const output = (command: string, argument: string): Promise<string | undefined> =>
  promisify(execFile)(command, [argument]).then(
    ({ stdout, stderr }) => stdout + stderr,
    () => undefined,
  );
