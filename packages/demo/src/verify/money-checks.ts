import { queryCheck, type Check } from './check.js';
import type { Databases } from './databases.js';

const service = 'payment';

interface OrderRow {
  readonly id: string;
  readonly status: string;
  readonly total: string;
  readonly currency: string;
  readonly payment_id: string;
}

interface PaymentRow {
  readonly id: string;
  readonly order_id: string;
  readonly status: string;
  readonly amount: string;
  readonly captured: string;
  readonly refunded: string;
  readonly held: boolean;
  readonly sales: number;
}

const ordersAndPayments = async (databases: Databases) => {
  const orders = await databases.rows<OrderRow>(
    'order',
    'select id, status, total_amount::text as total, currency, payment_id from orders',
  );
  const payments = await databases.rows<PaymentRow>(
    service,
    `select p.id, p.order_id, p.status, p.amount::text, p.captured::text, p.refunded::text, p.held,
      (select count(*)::int from transfer t where t.payment_id = p.id and t.kind = 'sale') as sales
     from payment p`,
  );
  return { orders, paymentOf: new Map(payments.map((payment) => [payment.order_id, payment])) };
};

export const moneyChecks: readonly Check[] = [
  queryCheck(
    { name: 'ledger-balanced', says: 'debits equal credits per transfer and currency', service },
    {
      looked: 'select count(*)::int as count from entry',
      violations: `select format('transfer %s: off by %s %s', transfer_id, sum(case side when 'debit' then amount else -amount end), currency) as violation
        from entry group by transfer_id, currency having sum(case side when 'debit' then amount else -amount end) <> 0`,
    },
  ),
  queryCheck(
    { name: 'payment-bounds', says: 'refunded ≤ captured ≤ authorised', service },
    {
      looked: 'select count(*)::int as count from payment',
      violations: `select format('payment %s: %s authorised, %s captured, %s refunded', id, amount, captured, refunded) as violation
        from payment where captured > amount or refunded > captured`,
    },
  ),
  queryCheck(
    { name: 'ledger-agrees', says: "each payment's ledger says what the payment says", service },
    {
      looked: 'select count(*)::int as count from payment',
      violations: `select format('payment %s: captured %s, sold %s; refunded %s, given back %s', p.id, p.captured, l.sold, p.refunded, l.given) as violation
        from payment p cross join lateral (
          select coalesce(sum(e.amount) filter (where t.kind = 'sale'), 0) as sold,
            coalesce(sum(e.amount) filter (where t.kind = 'refund'), 0) as given
          from transfer t join entry e on e.transfer_id = t.id and e.side = 'debit' where t.payment_id = p.id
        ) l where l.sold <> p.captured or l.given <> p.refunded`,
    },
  ),
  {
    name: 'paid-once',
    says: 'every paid order has exactly one capture, of the exact amount',
    run: async (databases) => {
      const { orders, paymentOf } = await ordersAndPayments(databases);
      const paid = orders.filter(({ status }) => status === 'paid' || status === 'refunded');
      const violations = paid.flatMap((order) => {
        const payment = paymentOf.get(order.id);
        const isRight =
          payment?.id === order.payment_id && payment.captured === order.total && payment.sales === 1;
        return isRight
          ? []
          : [`order ${order.id} of ${order.total}: ${JSON.stringify(payment ?? 'no payment')}`];
      });
      return { looked: paid.length, violations };
    },
  },
  {
    name: 'cancelled-nets-zero',
    says: 'a cancelled order has nothing captured that was not given back, and nothing held',
    run: async (databases) => {
      const { orders, paymentOf } = await ordersAndPayments(databases);
      const cancelled = orders.filter(({ status }) => status === 'cancelled');
      const violations = cancelled.flatMap((order) => {
        const payment = paymentOf.get(order.id);
        const isRight = !payment || (payment.captured === payment.refunded && !payment.held);
        return isRight ? [] : [`order ${order.id}: ${JSON.stringify(payment)}`];
      });
      return { looked: cancelled.length, violations };
    },
  },
  {
    name: 'capture-is-wanted',
    says: 'nothing is captured for an order that is not paid',
    run: async (databases) => {
      const { orders, paymentOf } = await ordersAndPayments(databases);
      const statusOf = new Map(orders.map(({ id, status }) => [id, status]));
      const captured = [...paymentOf.values()].filter((payment) => payment.captured !== payment.refunded);
      const violations = captured.flatMap((payment) =>
        statusOf.get(payment.order_id) === 'paid'
          ? []
          : [
              `payment ${payment.id} of order ${payment.order_id} (${String(statusOf.get(payment.order_id))})`,
            ],
      );
      return { looked: captured.length, violations };
    },
  },
];
