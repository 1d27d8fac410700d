import { dateTime, listOf, money, strictObject, text, Type, uuid } from '@souk/comms/http';

export const payment = Type.Object({
  id: uuid(),
  orderId: uuid(),
  amount: money(),
  status: Type.Enum([
    'processing',
    'requires_action',
    'authorized',
    'captured',
    'declined',
    'voided',
    'refunded',
    'unknown',
  ]),
  captured: money(),
  refunded: money(),
  attempts: Type.Integer(),
});
export const payments = listOf(payment);

export const refundBody = strictObject({ amount: Type.Optional(money({ minimum: 1 })), reason: text(500) });
export const refund = Type.Object({
  id: uuid(),
  paymentId: uuid(),
  amount: money(),
  status: Type.Enum(['pending', 'succeeded', 'failed']),
  reason: Type.String(),
  createdAt: dateTime(),
});

const side = Type.Enum(['debit', 'credit']);
const signedMoney = strictObject({ amount: Type.Integer(), currency: Type.String() });

export const accounts = listOf(
  Type.Object({
    id: uuid(),
    code: Type.String(),
    currency: Type.String(),
    normalSide: side,
    balance: signedMoney,
  }),
);
export const entries = listOf(
  Type.Object({
    id: uuid(),
    transferId: uuid(),
    paymentId: uuid(),
    kind: Type.String(),
    side,
    amount: money(),
    createdAt: dateTime(),
  }),
);
