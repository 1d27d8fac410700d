import { queryCheck, type Check } from './check.js';

const reservationFor: Readonly<Record<string, string>> = {
  pending: 'held',
  confirmed: 'held',
  paid: 'committed',
  refunded: 'committed',
  cancelled: 'released',
};

export const orderChecks: readonly Check[] = [
  queryCheck(
    { name: 'no-order-overdue', says: 'no order is open past its deadline', service: 'order' },
    {
      looked: 'select count(*)::int as count from orders',
      violations: `select format('order %s is %s, due %s', id, status, deadline_at) as violation from orders
        where status in ('pending', 'confirmed') and deadline_at < now() - interval '5 seconds'`,
    },
  ),
  queryCheck(
    { name: 'effect-has-request', says: 'every order came from one answered request', service: 'order' },
    {
      looked: 'select count(*)::int as count from orders',
      violations: `select format('order %s', o.id) as violation from orders o
        where o.created_at > now() - interval '23 hours' and (
          select count(*) from idempotency i where i.resource_id = o.id and i.reply ->> 'status' = '201') <> 1`,
    },
  ),
  queryCheck(
    {
      name: 'request-has-effect',
      says: 'every request that was answered 201 left its order',
      service: 'order',
    },
    {
      looked: `select count(*)::int as count from idempotency where reply ->> 'status' = '201'`,
      violations: `select format('reply for order %s', resource_id) as violation from idempotency
        where reply ->> 'status' = '201' and not exists (select 1 from orders where id = resource_id)`,
    },
  ),
  {
    name: 'reservation-agrees',
    says: "each order's stock is held, shipped or free as its status says",
    run: async (databases) => {
      const orders = await databases.rows<{ id: string; status: string }>(
        'order',
        'select id, status from orders',
      );
      const reservations = await databases.rows<{ id: string; status: string }>(
        'product',
        'select id, status from reservation',
      );
      const statusOf = new Map(reservations.map(({ id, status }) => [id, status]));
      const violations = orders.flatMap(({ id, status }) =>
        statusOf.get(id) === reservationFor[status]
          ? []
          : [`order ${id} is ${status}, its reservation ${String(statusOf.get(id))}`],
      );
      return { looked: orders.length, violations };
    },
  },
];
