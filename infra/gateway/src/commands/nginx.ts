import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { nginxRoutes } from '../nginx-routes.js';

const root = new URL('../../../../', import.meta.url);

/** `npm run nginx`: writes what nginx is told of the services. */
export function run(): void {
  const file = fileURLToPath(new URL('infra/nginx/templates/50-routes.conf.template', root));
  writeFileSync(file, nginxRoutes(fileURLToPath(new URL('services/', root))));
  process.stdout.write(`${file}\n`);
}
