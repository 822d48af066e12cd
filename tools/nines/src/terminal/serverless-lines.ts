/** How a serverless tier in an emulator reads on a terminal, and what its deployed stacks lack. */
import type { FilteredStack } from '@nines/emulator';

const listed = (what: string, names: readonly string[]): string[] =>
  names.length === 0 ? [] : [`  ${what}: ${names.join(', ')}`];

/** Everything that is not deployed as it was synthesized: what is left out must not vanish without a word. */
export function describeFiltered({
  stackName,
  resources,
  leftOut,
  droppedOutputs,
  replaced,
  droppedUpdatePolicies,
}: FilteredStack): string[] {
  if (leftOut.length === 0 && replaced.length === 0)
    return [`${stackName}: all ${String(resources)} resources are deployed as they are`];
  const byType = new Map<string, { readonly why: string; readonly ids: string[] }>();
  for (const { logicalId, type, why, dependent } of leftOut) {
    const key = dependent ? `${type} (which ${why})` : `${type} (${why})`;
    const entry = byType.get(key) ?? { why, ids: [] };
    entry.ids.push(logicalId);
    byType.set(key, entry);
  }
  const all = resources + leftOut.length;
  return [
    `${stackName}: ${String(leftOut.length)} of ${String(all)} resources are left out, because the emulator lacks them:`,
    ...[...byType].map(([key, { ids }]) => `  ${key}: ${ids.join(', ')}`),
    ...listed('outputs that are dropped', droppedOutputs),
    ...listed('updated at once, without their policy of updates', droppedUpdatePolicies),
    ...listed(
      'values of ours',
      replaced.map(({ from, to, value }) => `${value} for ${to} in ${from}`),
    ),
  ];
}

/** Where everything of a running serverless tier is. */
export interface RunningServerlessTier {
  readonly tier: string;
  readonly flavour: 'serverless';
  readonly url: string;
  readonly stack: string;
  readonly region: string;
  /** The emulator's address, for an SDK or the AWS command line. */
  readonly emulator: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly services: readonly { readonly name: string; readonly url: string }[];
  readonly times: Readonly<Record<string, number>>;
  /** Where it stands in several regions: `url` is then the edge, the rest is of the region that serves. */
  readonly regions?: readonly {
    readonly region: string;
    readonly url: string;
    readonly emulator: string;
  }[];
}

export function describeRunningServerless(running: RunningServerlessTier): string[] {
  const { tier, url, stack, region, emulator, outputs, services, times, regions = [] } = running;
  const places =
    regions.length === 0
      ? [
          ['shop', url, `the HTTP API of ${stack} in ${region}`],
          ['emulator', emulator, 'AWS_ENDPOINT_URL for an SDK; any credentials'],
        ]
      : [
          ['shop', url, 'the edge, which asks DNS for a region at each new connection'],
          ...regions.flatMap((one) => [
            [one.region, one.url, 'the HTTP API of this region'],
            ['', one.emulator, 'its emulator: AWS_ENDPOINT_URL for an SDK; any credentials'],
          ]),
        ];
  const rows = [
    ...places,
    ['table', outputs['TableName'] ?? '', ''],
    ...services.map(({ name, url: at }) => [name, at, 'a third party']),
  ];
  const widthOf = (column: 0 | 1): number => Math.max(...rows.map((row) => (row[column] ?? '').length));
  const [first, second] = [widthOf(0), widthOf(1)];
  const seconds = (name: string): string => `${(times[name] ?? 0).toFixed(1)} s`;
  const [service] = services;
  return [
    `${tier} is up, without servers.`,
    '',
    ...rows.map(([what = '', where = '', remark = '']) =>
      `  ${what.padEnd(first)}  ${where.padEnd(second)}  ${remark}`.trimEnd(),
    ),
    '',
    `took    ${seconds('bootstrapSeconds')} to bootstrap, ${seconds('synthesisSeconds')} to synthesize, ` +
      `${seconds('deploymentSeconds')} to deploy; ${seconds('servingSeconds')} to the first good answer`,
    `try     curl ${url}/products`,
    ...(service === undefined
      ? []
      : [
          `break   curl -X PUT ${service.url}/admin/behaviour -H 'content-type: application/json' -d '{"away":"hang"}'`,
        ]),
    'stop    Ctrl-C; nothing stays behind',
  ];
}
