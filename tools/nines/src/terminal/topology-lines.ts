/** How a topology that was read, and one that runs, read on a terminal. */
import type { Topology } from '@nines/topology';

/** What was read and what was not: a part that plays no role here must not vanish without a word. */
export function describeReading({ name, nodes, links, others, notes }: Topology): string[] {
  const types = [...new Set(others.map((other) => other.type))].sort();
  return [
    `read ${name}: ${String(nodes.length)} parts and ${String(links.length)} links`,
    ...(others.length > 0
      ? [
          `not run here: ${String(others.length)} resources of ${String(types.length)} types (${types.join(', ')})`,
        ]
      : []),
    ...notes.map((note) => `note on ${note.resource}: ${note.message}`),
  ];
}

/** Where everything of a running tier is. */
export interface RunningTier {
  readonly tier: string;
  readonly pace: string;
  readonly url: string;
  readonly zones: readonly string[];
  readonly instances: readonly {
    readonly id: string;
    readonly zone: string;
    readonly url: string;
    readonly pid: number | null;
  }[];
  readonly database: {
    readonly url: string;
    readonly zone: string;
    readonly standbyZone: string | null;
  };
  readonly services: readonly { readonly name: string; readonly url: string }[];
}

type Row = readonly [what: string, where: string, remark: string];

function aligned(rows: readonly Row[]): string[] {
  const widthOf = (column: 0 | 1): number => Math.max(...rows.map((row) => row[column].length));
  const [first, second] = [widthOf(0), widthOf(1)];
  return rows.map(([what, where, remark]) =>
    `  ${what.padEnd(first)}  ${where.padEnd(second)}  ${remark}`.trimEnd(),
  );
}

export function describeRunning({ tier, pace, url, instances, database, services }: RunningTier): string[] {
  const standby =
    database.standbyZone === null
      ? 'no standby'
      : `standby in ${database.standbyZone}, which has every write`;
  const [service] = services;
  return [
    `${tier} is up${pace === 'fast' ? "; AWS's times are divided by 10" : ''}.`,
    '',
    ...aligned([
      ['shop', url, 'where requests go'],
      ...instances.map((one): Row => [one.id, one.url, `${one.zone}, healthy`]),
      ['database', database.url, `primary in ${database.zone}, ${standby}`],
      ...services.map((one): Row => [one.name, one.url, 'a third party']),
    ]),
    '',
    `try     curl ${url}/products`,
    ...instances.slice(0, 1).map(({ pid, id }) => `break   kill -9 ${String(pid)} (the process of ${id})`),
    ...(service
      ? [
          `        curl -X PUT ${service.url}/admin/behaviour -H 'content-type: application/json' -d '{"away":"hang"}'`,
        ]
      : []),
    'stop    Ctrl-C; nothing stays behind',
  ];
}
