import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const command = new URL('../../../../packages/demo/dist/commands/verify.js', import.meta.url);

/** `docker compose run --rm verify`: every invariant, from the databases, by a role that only reads. */
export async function verifyInvariants(args: readonly string[]): Promise<void> {
  if (!existsSync(fileURLToPath(command))) {
    process.stdout.write('There is no shop to verify.\n');
    return;
  }
  const { run } = (await import(command.href)) as { run(args: readonly string[]): Promise<void> };
  await run(args);
}
