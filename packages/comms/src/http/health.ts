import type { HttpServer } from './server.js';

/** One thing that must be well: its name and, when it is not, why. */
export interface HealthCheck {
  readonly name: string;
  /** Undefined when well, otherwise the reason. */
  readonly check: () => Promise<string | undefined> | string | undefined;
}

/** /health/live (restart me?) and /health/ready (send me requests?). */
export function addHealthRoutes(
  server: HttpServer,
  checks: { live: readonly HealthCheck[]; ready: readonly HealthCheck[] },
): void {
  const options = { config: { access: 'public', quiet: true }, schema: { hide: true } } as const;
  for (const kind of ['live', 'ready'] as const) {
    server.get(`/health/${kind}`, options, async (_request, reply) => {
      const problems = await failing(checks[kind]);
      return reply
        .code(problems.length === 0 ? 200 : 503)
        .send({ status: problems.length === 0 ? 'ok' : 'failing', problems });
    });
  }
}

async function failing(checks: readonly HealthCheck[]): Promise<{ name: string; reason: string }[]> {
  const results = await Promise.all(
    checks.map(async ({ name, check }) => {
      try {
        return { name, reason: await check() };
      } catch (error) {
        return { name, reason: error instanceof Error ? error.message : String(error) };
      }
    }),
  );
  return results.flatMap(({ name, reason }) => (reason === undefined ? [] : [{ name, reason }]));
}
