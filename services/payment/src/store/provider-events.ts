import type pg from 'pg';

/** What a webhook tells of one payment: a reason to ask, never a fact. */
export interface ProviderEvent {
  readonly id: string;
  readonly paymentId: string;
  readonly type: string;
}

export interface ProviderEvents {
  /** Keeps events once each, and makes payments that wait for their news due. @returns whether any is due now */
  keep(events: readonly ProviderEvent[]): Promise<boolean>;
  /** Forgets events older than a week: a signature holds for minutes. */
  purge(): Promise<void>;
}

export const createProviderEvents = (pool: pg.Pool): ProviderEvents => ({
  keep: async (events) => {
    const { rowCount } = await pool.query({
      name: 'provider-events/keep',
      text: `with fresh as (
          insert into provider_event (id, payment_id, type)
          select e.id, e.payment_id, e.type from unnest($1::text[], $2::uuid[], $3::text[]) as e(id, payment_id, type)
          order by e.id on conflict do nothing returning payment_id, type)
        update payment p set next_attempt_at = now(), wanted = coalesce(p.wanted, 'authorize'), revision = p.revision + 1
        from fresh where p.id = fresh.payment_id and p.lease_until <= now()
          and (p.status = 'unknown'
            or (p.status = 'requires_action' and p.wanted is null and fresh.type <> 'requires_action'))`,
      // Arrays rather than a recordset: the planner expects few rows of them, and so looks payments up by their index.
      values: [
        events.map(({ id }) => id),
        events.map(({ paymentId }) => paymentId),
        events.map(({ type }) => type),
      ],
    });
    return (rowCount ?? 0) > 0;
  },
  purge: async () => {
    await pool.query(`delete from provider_event where received_at < now() - interval '7 days'`);
  },
});
