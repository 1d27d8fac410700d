import { describe, expect, it } from '@jest/globals';
import { createRouteTable } from './routes.js';

const serviceOf = createRouteTable([
  { route: '/api/orders', service: 'order' },
  { route: '/api/orders/special', service: 'specials' },
  { route: '=/', service: 'system' },
  { route: '=/api/orders/special/exactly', service: 'system' },
]);

describe('createRouteTable', () => {
  it.each([
    ['/api/orders', 'order'],
    ['/api/orders/1/events', 'order'],
    ['/api/orders/special', 'specials'],
    ['/api/orders/special/1', 'specials'],
    ['/api/orders/special/exactly', 'system'],
    ['/', 'system'],
    ['/api/ordersx', undefined],
    ['/api', undefined],
    ['/anything', undefined],
  ])('%s leads to %s', (path, service) => {
    expect(serviceOf(path)).toBe(service);
  });
});
