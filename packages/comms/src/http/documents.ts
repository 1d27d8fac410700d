import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { HttpServer } from './server.js';

/** OpenAPI 3.1 at /openapi.json and a page to read and try it at /docs. */
export async function addDocuments(server: HttpServer, title: string): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title, version: '1' },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
    },
    transform: ({ schema, url, route }) => {
      const access = route.config?.access ?? 'user';
      const isOpen = access === 'public' || access === 'self-authenticated';
      const security = isOpen ? [] : [{ bearer: [] }];
      return { schema: { ...schema, security, 'x-access': access } as typeof schema, url };
    },
  });
  await server.register(swaggerUi, { routePrefix: '/docs', staticCSP: true });
  server.get('/openapi.json', { config: { access: 'public', quiet: true }, schema: { hide: true } }, () =>
    server.swagger(),
  );
}
