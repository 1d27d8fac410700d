import { verifyWhenQuiet } from '@souk/demo';
import type { System } from '@souk/testkit';

/** Checks every invariant over the databases, once what is under way has settled. @throws what is violated */
export async function expectInvariants(system: System, withinMs = 30_000): Promise<void> {
  if (!system.capabilities.has('sql')) return;
  const results = await verifyWhenQuiet(system.inside.verifierUrls, withinMs);
  const broken = results.filter(({ violations }) => violations.length > 0);
  if (broken.length > 0)
    throw new Error(
      broken.map(({ says, violations }) => `${says}: ${violations.slice(0, 5).join('; ')}`).join('\n'),
    );
}
