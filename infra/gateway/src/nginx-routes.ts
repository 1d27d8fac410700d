import { routesIn } from './routes.js';

/** What nginx is told of the services: the routes of every service.json, and where their instances are found. */
export function nginxRoutes(servicesDir: string): string {
  const routes = routesIn(servicesDir);
  const services = [...new Set(routes.map(({ service }) => service))].sort();
  const lines = routes.map(({ prefix, exact, service }) => `    "~^${patternOf(prefix, exact)}" ${service};`);
  return [
    "# Written by `npm run nginx` from the services' service.json.",
    'map $uri $service {',
    ...lines,
    '    default "";',
    '}',
    ...services.flatMap(upstreamOf),
    '',
  ].join('\n');
}

/** A location that ends in `$` would take a line break too. */
function patternOf(prefix: string, exact: boolean): string {
  const path = prefix.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  if (exact) return `${path}\\z`;
  return path.endsWith('/') ? path : `${path}(/|\\z)`;
}

/** Connections idle for less time than a service keeps them open, so that none is closed just as it is used. */
const upstreamOf = (service: string): string[] => [
  `upstream ${service} {`,
  `    zone ${service} 128k;`,
  `    server service.consul service=_${service}._tcp resolve max_fails=1 fail_timeout=2s;`,
  '    keepalive 64;',
  '    keepalive_timeout 30s;',
  '}',
];
