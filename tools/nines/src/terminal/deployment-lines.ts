/** How the lives of stacks in an emulator read on a terminal. */
import type { DeploymentResult } from '@nines/emulator';
import { describeFiltered } from './serverless-lines.ts';

/** One tier's life, or why it had none. */
export interface DeploymentOutcome {
  /** `three-nines, serverless`. */
  readonly name: string;
  readonly result?: DeploymentResult;
  readonly error?: { readonly code: string; readonly message: string };
}

export interface DeploymentsReport {
  readonly bootstrapSeconds: Readonly<Record<string, number>>;
  readonly outcomes: readonly DeploymentOutcome[];
  readonly met: boolean;
}

const seconds = (value: number): string => `${value.toFixed(1)} s`;
const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

function describeResult(result: DeploymentResult): string[] {
  const { stacks, deploySeconds, updateSeconds, destroySeconds, changedResources, lostByUpdate, left } =
    result;
  const resources = total(stacks.map((stack) => stack.resources));
  const leftOut = total(stacks.map((stack) => stack.leftOut.length));
  return [
    `  ${String(stacks.length)} stacks, ${String(resources)} resources deployed, ${String(leftOut)} left out`,
    `  deployed in ${seconds(deploySeconds)}, updated (${String(changedResources)} resources changed) in ` +
      `${seconds(updateSeconds)}, destroyed in ${seconds(destroySeconds)}`,
    ...(changedResources === 0
      ? ['  NOT MET: the second synthesis changes nothing, so that no update was tried']
      : []),
    ...lostByUpdate.map(
      ({ service, kind, names }) => `  NOT MET: the update took away ${service} ${kind}: ${names.join(', ')}`,
    ),
    ...left.map(({ service, kind, names, because }) =>
      because === undefined
        ? `  NOT MET: left behind, and nothing explains it: ${service} ${kind}: ${names.join(', ')}`
        : `  left behind, as expected: ${String(names.length)} of ${service} ${kind} (${because})`,
    ),
    ...(left.length === 0 ? ['  nothing is left behind'] : []),
  ];
}

/** All that was left out, over all stacks, by type. */
function describeTypes(outcomes: readonly DeploymentOutcome[]): string[] {
  const counts = new Map<string, number>();
  for (const { result } of outcomes)
    for (const { leftOut } of result?.stacks ?? [])
      for (const { type, why, dependent } of leftOut) {
        const key = `${type}: ${dependent ? 'needs something that is left out' : why}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
  if (counts.size === 0) return ['The emulator lacks nothing of these stacks.'];
  return [
    'What the emulator lacks and was left out, by type:',
    ...[...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, count]) => `  ${String(count)} x ${key}`),
  ];
}

export const describeOutcome = ({ name, result, error }: DeploymentOutcome): string[] => [
  `${name}: ${result?.met === true ? 'met' : 'NOT MET'}`,
  ...(result === undefined ? [] : describeResult(result)),
  ...(error === undefined ? [] : [`  ${error.message} [${error.code}]`]),
];

export function describeDeployments({ bootstrapSeconds, outcomes, met }: DeploymentsReport): string[] {
  const bootstraps = Object.entries(bootstrapSeconds).map(
    ([region, took]) => `${region} in ${seconds(took)}`,
  );
  return [
    ...outcomes.flatMap(({ result }) => result?.stacks.flatMap(describeFiltered) ?? []),
    '',
    ...describeTypes(outcomes),
    '',
    `bootstrapped ${bootstraps.join(', ')}`,
    ...outcomes.flatMap(describeOutcome),
    '',
    met ? 'Every stack is deployed, updated and destroyed, and leaves what it says.' : 'NOT MET: see above.',
  ];
}
