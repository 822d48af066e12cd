/** What became of orders that were kept in the queue: one row each. */
import type { ForgetsIntakes, IntakeRefusal, IntakeResults } from '../../ports/order-intake.ts';
import type { Connections } from './connections.ts';

interface IntakeRow {
  readonly outcome: 'stored' | 'refused';
  readonly detail: string;
}

export function createIntakes(connections: Connections): IntakeResults & ForgetsIntakes {
  return {
    findIntake: async (id, options) => {
      const [row] = await connections.run<IntakeRow>(
        {
          name: 'find-intake',
          text: 'SELECT outcome, detail FROM order_intakes WHERE id = $1',
          values: [id],
        },
        options,
      );
      if (row === undefined) return undefined;
      return row.outcome === 'stored'
        ? { outcome: 'stored', orderId: row.detail }
        : { outcome: 'refused', reason: row.detail as IntakeRefusal };
    },
    recordIntake: async (id, result) => {
      const rows = await connections.run({
        name: 'record-intake',
        text: `INSERT INTO order_intakes AS known (id, outcome, detail) VALUES ($1, $2, $3)
               ON CONFLICT (id) DO UPDATE SET outcome = excluded.outcome, detail = excluded.detail
               WHERE known.outcome = 'refused' AND excluded.outcome = 'stored'
               RETURNING id`,
        values: [id, result.outcome, result.outcome === 'stored' ? result.orderId : result.reason],
      });
      return rows.length === 1;
    },
    forgetIntakes: async ({ olderThanMs, limit }) => {
      const rows = await connections.run({
        name: 'forget-intakes',
        text: `DELETE FROM order_intakes WHERE id IN (
                 SELECT id FROM order_intakes WHERE recorded_at < now() - $1 * interval '1 millisecond'
                 ORDER BY recorded_at LIMIT $2 FOR UPDATE SKIP LOCKED)
               RETURNING id`,
        values: [olderThanMs, limit],
      });
      return rows.length;
    },
  };
}
