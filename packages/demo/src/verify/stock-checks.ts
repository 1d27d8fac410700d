import { queryCheck, type Check } from './check.js';

const service = 'product';
const looked = 'select count(*)::int as count from stock';

export const stockChecks: readonly Check[] = [
  queryCheck(
    { name: 'stock-bounds', says: '0 ≤ reserved ≤ on hand', service },
    {
      looked,
      violations: `select format('product %s: reserved %s of %s', product_id, reserved, on_hand) as violation
        from stock where reserved < 0 or reserved > on_hand`,
    },
  ),
  queryCheck(
    { name: 'stock-conserved', says: 'on hand and shipped add up to what was counted', service },
    {
      looked,
      violations: `select format('product %s: %s on hand and %s shipped, counted %s', s.product_id, s.on_hand, s.shipped, c.total) as violation
        from stock s cross join lateral (
          select coalesce((select on_hand + shipped_before from stock_set where product_id = s.product_id order by id desc limit 1), 0) as total
        ) c where s.on_hand + s.shipped <> c.total`,
    },
  ),
  queryCheck(
    {
      name: 'stock-held',
      says: 'reserved is the sum of held reservations, shipped that of committed ones',
      service,
    },
    {
      looked,
      violations: `select format('product %s: reserved %s, held %s; shipped %s, committed %s',
          s.product_id, s.reserved, l.held, s.shipped, l.committed) as violation
        from stock s cross join lateral (
          select coalesce(sum(quantity) filter (where r.status = 'held'), 0) as held,
            coalesce(sum(quantity) filter (where r.status = 'committed'), 0) as committed
          from reservation_line l join reservation r on r.id = l.reservation_id where l.product_id = s.product_id
        ) l where s.reserved <> l.held or s.shipped <> l.committed`,
    },
  ),
];
