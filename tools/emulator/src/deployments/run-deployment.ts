/**
 * One tier through a life in the emulator: deployed, updated by a harmless change, destroyed, and looked for
 * afterwards. Everything is the CDK's and the template's own work; only what the emulator lacks is left out.
 */
import { join } from 'node:path';
import { readLeftovers } from '@nines/topology';
import type { Clock, Guardian } from '@nines/local-cloud';
import type { EmulatorCdk } from '../cdk.ts';
import type { Emulator, Inventory } from '../emulator.ts';
import { filterAssembly } from '../filter-assembly.ts';
import type { FilteredStack } from '../filter-assembly.ts';
import { leftSince } from '../inventory.ts';
import type { Left } from '../inventory.ts';
import { explainLeft } from './explain-left.ts';
import type { ExplainedLeft } from './explain-left.ts';
import { readRemadeLogs } from './remade-logs.ts';

/** The stacks of one tier, as one synthesis wrote them. */
export interface DeployableTier {
  /** Folder of the assembly; it stays as it is. */
  readonly assembly: string;
  readonly stacks: readonly DeployableStack[];
}

export interface DeployableStack {
  readonly artifactId: string;
  readonly stackName: string;
  /** Parsed, with everything in it. */
  readonly template: unknown;
}

export interface RunDeploymentOptions {
  readonly emulator: Pick<Emulator, 'inventory'>;
  readonly cdk: EmulatorCdk;
  readonly guardian: Pick<Guardian, 'makeDirectory'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly tier: DeployableTier;
  /** The same stacks, synthesized with a setting that harms nothing. */
  readonly changed: DeployableTier;
  /** Gets a line for each step. */
  readonly log: (line: string) => void;
}

export interface DeploymentResult {
  /** What of each stack is not deployed. */
  readonly stacks: readonly FilteredStack[];
  readonly deploySeconds: number;
  readonly updateSeconds: number;
  readonly destroySeconds: number;
  /** Resources that the update was to change; none would prove nothing. */
  readonly changedResources: number;
  /** What held data, and was another one after the update. */
  readonly lostByUpdate: readonly Left[];
  /** What is left after the destruction, each with its reason where there is one. */
  readonly left: readonly ExplainedLeft[];
  readonly met: boolean;
}

/** What holds data, by the emulator's names: an update that changes none of it keeps every name. */
const DATA: Readonly<Record<string, readonly string[]>> = {
  dynamodb: ['tables'],
  kms: ['keys'],
  rds: ['instances', 'clusters'],
  s3: ['buckets', 'buckets_meta'],
  secretsmanager: ['secrets'],
  cloudwatch_logs: ['log_groups'],
};

const onlyData = (inventory: Inventory): Inventory =>
  Object.fromEntries(
    Object.entries(inventory).map(([service, kinds]) => [
      service,
      Object.fromEntries(Object.entries(kinds).filter(([kind]) => DATA[service]?.includes(kind))),
    ]),
  );

type Resources = Readonly<Record<string, unknown>>;
const resourcesOf = ({ template }: DeployableStack): Resources =>
  (template as { Resources?: Resources }).Resources ?? {};

/** How many resources are not the same in both syntheses. */
export function countChanged(first: readonly DeployableStack[], second: readonly DeployableStack[]): number {
  const textsOf = (stacks: readonly DeployableStack[]): string[] =>
    stacks.flatMap((stack) =>
      Object.entries(resourcesOf(stack)).map(
        ([id, resource]) => `${stack.stackName}/${id} ${JSON.stringify(resource)}`,
      ),
    );
  const before = new Set(textsOf(first));
  return textsOf(second).filter((text) => !before.has(text)).length;
}

/** @throws What the CDK or the emulator throws; whatever was deployed by then stays until the emulator ends. */
export async function runDeployment(options: RunDeploymentOptions): Promise<DeploymentResult> {
  const { emulator, cdk, guardian, clock, tier, changed, log } = options;
  const folder = await guardian.makeDirectory('nines-deployment-');
  const ids = tier.stacks.map(({ artifactId }) => artifactId);
  const copies = { first: join(folder, 'first'), second: join(folder, 'second') };
  const stacks = await filterAssembly({ assembly: tier.assembly, copy: copies.first, stacks: ids });
  await filterAssembly({ assembly: changed.assembly, copy: copies.second, stacks: ids });

  const timed = async (what: string, work: () => Promise<unknown>): Promise<number> => {
    log(what);
    const startedMs = clock.now();
    await work();
    return (clock.now() - startedMs) / 1000;
  };
  const before = await emulator.inventory();
  const deploySeconds = await timed('deploying', () => cdk.deploy(copies.first, ids));
  const deployed = onlyData(await emulator.inventory());
  const updateSeconds = await timed('updating', () => cdk.deploy(copies.second, ids));
  const lostByUpdate = leftSince(onlyData(await emulator.inventory()), deployed);
  const destroySeconds = await timed('destroying', () => cdk.destroy(copies.second, ids));
  const predicted = changed.stacks.flatMap(({ template, stackName }) =>
    readLeftovers(template, { stackName }),
  );
  const remadeLogs = changed.stacks.flatMap(({ template, stackName }) => readRemadeLogs(template, stackName));
  const left = explainLeft(leftSince(before, await emulator.inventory()), predicted, { remadeLogs });
  const changedResources = countChanged(tier.stacks, changed.stacks);
  return {
    stacks,
    deploySeconds,
    updateSeconds,
    destroySeconds,
    changedResources,
    lostByUpdate,
    left,
    met:
      lostByUpdate.length === 0 && changedResources > 0 && left.every(({ because }) => because !== undefined),
  };
}
