import {
  caused,
  recordset,
  write,
  writeAndAnswer,
  type Bind,
  type Cause,
  type WriteOutcome,
} from '@souk/comms/outbox';
import type pg from 'pg';
import type {
  Ending,
  ReservationState,
  ReservationStatus,
  ReservedLine,
  WantedLine,
} from '../domain/reservation.js';
import { stockCommitted, stockReleased, stockReserved } from './messages.js';

export interface ReservationStore {
  /**
   * Prices and holds all lines or none, in one statement.
   * @returns the reservation's lines, or what is available of each product that is known
   */
  reserve(
    id: string,
    wanted: readonly WantedLine[],
  ): Promise<{ lines: ReservedLine[] } | { available: Map<string, number> }>;
  load(id: string): Promise<ReservationState | undefined>;
  /** Ends a held reservation, moving its stock and stating the fact. */
  end(
    reservation: ReservationState,
    ending: { to: Ending; reason: string },
    cause: Cause,
  ): Promise<WriteOutcome>;
  /** Takes the cause in without any effect on stock. */
  ignore(cause: Cause): Promise<WriteOutcome>;
  /** Remembers that an unknown reservation is not wanted any more. */
  forbid(id: string, cause: Cause): Promise<WriteOutcome>;
  /** Ids of reservations held for longer than so many seconds, the oldest first. */
  heldForLong(seconds: number, limit: number): Promise<string[]>;
}

interface PricedLine {
  readonly productId: string;
  readonly sku: string;
  readonly name: string;
  readonly amount: number;
  readonly currency: string;
  readonly quantity: number;
  readonly available: number;
}

/** @param onWritten told after each write, so that what it made goes out at once */
export function createReservationStore(pool: pg.Pool, onWritten: () => void): ReservationStore {
  const told = (outcome: WriteOutcome): WriteOutcome => {
    if (outcome === 'applied') onWritten();
    return outcome;
  };
  return {
    reserve: async (id, wanted) => {
      const { outcome, answer } = await writeAndAnswer(pool, {
        name: 'reservation/reserve',
        cause: { kind: 'internal' },
        reads: readsOf(wanted),
        guard: (bind) => `select 1 where not exists (select 1 from priced where available < quantity)
          and (select count(*) from priced) = ${bind(wanted.length)}::integer
          and not exists (select 1 from reservation where id = ${bind(id)}::uuid)`,
        effects: [insertReservation(id, 'held'), insertLines(id), holdStock],
        messages: [stockReserved(id, wanted)],
        answer: '(select json_agg(priced order by n) from priced)',
      });
      const priced = (answer ?? []) as PricedLine[];
      if (told(outcome) === 'applied') return { lines: priced.map(lineOf) };
      return { available: new Map(priced.map(({ productId, available }) => [productId, available])) };
    },
    load: async (id) => {
      const { rows } = await pool.query<{
        status: ReservationStatus;
        version: number;
        lines: PricedLine[] | null;
      }>({
        name: 'reservation/load',
        text: `select r.status, r.version, (
            select json_agg(json_build_object('productId', l.product_id, 'sku', l.sku, 'name', l.name,
              'amount', l.price_amount, 'currency', l.currency, 'quantity', l.quantity) order by l.line)
            from reservation_line l where l.reservation_id = r.id) as lines
          from reservation r where r.id = $1`,
        values: [id],
      });
      const [row] = rows;
      return row && { id, status: row.status, version: row.version, lines: (row.lines ?? []).map(lineOf) };
    },
    end: async (reservation, { to, reason }, cause) => {
      const { id, lines } = reservation;
      const version = reservation.version + 1;
      const outcome = await write(pool, {
        name: `reservation/${to}`,
        cause,
        reads: (bind) => `locked as materialized (
            select s.product_id, l.quantity from stock s join reservation_line l using (product_id)
            where l.reservation_id = ${bind(id)}::uuid order by s.product_id for update of s)`,
        guard: (bind) => `select 1 from reservation where id = ${bind(id)}::uuid and status = 'held'
          and version = ${bind(reservation.version)}::integer for update`,
        effects: [
          (bind) =>
            `update reservation set status = '${to}', version = version + 1 where id = ${bind(id)}::uuid and ${caused}`,
          () => (to === 'committed' ? shipStock : freeStock),
        ],
        messages: [
          to === 'committed'
            ? stockCommitted(id, version, lines)
            : stockReleased({ id, version, lines }, reason),
        ],
      });
      return told(outcome);
    },
    ignore: (cause) => write(pool, { name: 'reservation/ignore', cause, effects: [], messages: [] }),
    forbid: (id, cause) =>
      write(pool, {
        name: 'reservation/forbid',
        cause,
        effects: [insertReservation(id, 'released')],
        messages: [],
      }),
    heldForLong: async (seconds, limit) => {
      const { rows } = await pool.query<{ id: string }>({
        name: 'reservation/held-for-long',
        text: `select id from reservation where status = 'held' and created_at < now() - make_interval(secs => $1)
          order by created_at limit $2`,
        values: [seconds, limit],
      });
      return rows.map(({ id }) => id);
    },
  };
}

/** Locks the stock rows in one order, whoever asks, so that orders that share products cannot deadlock. */
const readsOf = (wanted: readonly WantedLine[]) => (bind: Bind) => {
  const lines = wanted.map(({ productId, quantity }) => ({ productId, quantity }));
  return `wanted as (
      select * from ${recordset(bind, lines, { alias: 'w', columns: { productId: 'uuid', quantity: 'integer' } })}
    ), locked as materialized (
      select product_id, on_hand - reserved as available from stock
      where product_id in (select "productId" from wanted) order by product_id for update
    ), priced as (
      select w.n, w."productId", w.quantity, p.sku, p.name, p.price_amount as amount, p.currency, l.available
      from wanted w join product p on p.id = w."productId" join locked l on l.product_id = p.id
    )`;
};

const insertReservation = (id: string, status: ReservationStatus) => (bind: Bind) =>
  `insert into reservation (id, status, version) select ${bind(id)}::uuid, '${status}', 1 where ${caused}`;

const insertLines = (id: string) => (bind: Bind) =>
  `insert into reservation_line (reservation_id, line, product_id, sku, name, price_amount, currency, quantity)
    select ${bind(id)}::uuid, n, "productId", sku, name, amount, currency, quantity from priced where ${caused}`;

const holdStock = () =>
  `update stock set reserved = reserved + w.quantity from wanted w where stock.product_id = w."productId" and ${caused}`;

const shipStock = `update stock set on_hand = on_hand - l.quantity, reserved = stock.reserved - l.quantity,
  shipped = shipped + l.quantity from locked l where stock.product_id = l.product_id and ${caused}`;

const freeStock = `update stock set reserved = reserved - l.quantity
  from locked l where stock.product_id = l.product_id and ${caused}`;

const lineOf = ({ productId, sku, name, amount, currency, quantity }: PricedLine): ReservedLine => ({
  productId,
  sku,
  name,
  unitPrice: { amount, currency },
  quantity,
});
