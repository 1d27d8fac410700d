import { dateTime, Type, uuid, type HttpServer } from '@souk/comms/http';
import type { Reconciliation } from '../use-cases/reconcile-payments.js';

const response = Type.Object({
  at: dateTime(),
  payments: Type.Integer(),
  movements: Type.Integer(),
  differences: Type.Array(
    Type.Object({
      kind: Type.Enum(['missing', 'extra', 'amount', 'state', 'ledger']),
      paymentId: uuid(),
      detail: Type.String(),
    }),
  ),
});

/** For an operator: compares the books now. */
export function addReconciliationRoute(server: HttpServer, reconcile: () => Promise<Reconciliation>): void {
  server.get(
    '/api/payments/reconciliation',
    { config: { access: 'admin' }, schema: { response: { 200: response } } },
    async () => {
      const { differences, ...rest } = await reconcile();
      return { ...rest, differences: [...differences] };
    },
  );
}
