import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { nginxRoutes } from './nginx-routes.js';

const root = new URL('../../../', import.meta.url);

describe("nginx's routes", () => {
  it('are those of the services: else run `npm run nginx`', () => {
    const file = new URL('infra/nginx/templates/50-routes.conf.template', root);
    expect(readFileSync(file, 'utf8')).toBe(nginxRoutes(fileURLToPath(new URL('services/', root))));
  });
});
