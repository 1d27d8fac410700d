import type { FastifyReply, FastifyRequest } from 'fastify';
import { ServiceError } from '../errors/index.js';
import type { Limiter, Priority } from '../resilience/index.js';
import type { HttpServer } from './server.js';

/** A request's place among those that are worked on. */
interface Place {
  readonly kind: string;
  startedAt: number | undefined;
  isHeld: boolean;
}

/** Whether the time of an answer tells of the load: what was refused or failed is quick whatever the load. */
export const tellsOfLoad = (status: number): boolean => status < 400 || status === 504;

/**
 * Refuses with 503 and Retry-After what the limiter has no place for, before its caller is looked at or its body read.
 * A request keeps its place until its work has ended, also when its caller has gone, since work that nobody waits for
 * is still work; but not past its deadline. Health and metrics are answered whatever the load.
 */
export function addLimit(server: HttpServer, deps: { limiter: Limiter; priority: Priority }): void {
  const { limiter, priority } = deps;
  const places = new WeakMap<FastifyRequest, Place>();

  const leave = (request: FastifyRequest, reply: FastifyReply) => {
    const place = places.get(request);
    if (!place?.isHeld) return;
    place.isHeld = false;
    // What never began, for want of its body, is quick whatever the load.
    const saysSomething = place.startedAt !== undefined && tellsOfLoad(reply.statusCode);
    const tookMs = saysSomething ? performance.now() - (place.startedAt ?? 0) : undefined;
    const isLate = reply.statusCode === 504 || Date.now() >= (request.call.deadlineAtMs ?? Infinity);
    limiter.release(place.kind, tookMs, !isLate);
  };

  server.addHook('onRequest', (request, reply, done) => {
    const { config, url } = request.routeOptions;
    if (config.quiet === true || config.streams === true) {
      done();
      return;
    }
    if (!limiter.tryAcquire(priority)) {
      done(
        new ServiceError('unavailable', 'This instance has as much to do as it can.', {
          retryAfterSeconds: 1,
        }),
      );
      return;
    }
    const place: Place = { kind: `${request.method} ${url ?? ''}`, startedAt: undefined, isHeld: true };
    places.set(request, place);
    reply.raw.once('close', () => {
      if (!place.isHeld) return;
      // Nothing works for it yet, or its handler has taken the answer into its own hands.
      if (place.startedAt === undefined || reply.sent) leave(request, reply);
      else
        setTimeout(
          () => {
            leave(request, reply);
          },
          Math.max(0, (request.call.deadlineAtMs ?? 0) - Date.now()),
        ).unref();
    });
    done();
  });
  server.addHook('preHandler', (request, _reply, done) => {
    const place = places.get(request);
    if (place) place.startedAt = performance.now();
    done();
  });
  server.addHook('onSend', (request, reply) => {
    leave(request, reply);
    return Promise.resolve();
  });
}
