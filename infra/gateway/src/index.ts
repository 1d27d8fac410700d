export { createGateway, type GatewayDeps } from './gateway.js';
export { createRouteTable, readRoutes, type RouteTable } from './routes.js';
