/**
 * One region of a tier of several: its emulator with what is deployed to it, from its start to its loss. A region that
 * comes back is a new one of these, because an emulator keeps nothing when it ends.
 */
import type { WorkflowNode } from '@nines/topology';
import { createEmulatorCdk, DeploymentFailedError } from '../cdk.ts';
import type { EmulatorCdk } from '../cdk.ts';
import type { Emulator } from '../emulator.ts';
import type { FilteredStack } from '../filter-assembly.ts';
import type { HttpFaultPoint } from '../http-fault-point.ts';
import type { Forwarder } from '../http-forwarder.ts';
import {
  awaitReady,
  createKill,
  createTimer,
  createWarmUp,
  deployStacks,
  openFront,
  ServerlessCloudStartError,
  startRegionParts,
} from '../serverless-region.ts';
import type {
  DeployedStack,
  DeployStacksOptions,
  KillFunction,
  RegionPartsOptions,
  WarmUp,
} from '../serverless-region.ts';
import type { RegionPlan } from './plan.ts';

/** A name that is nobody's (RFC 6761). */
const DOMAIN = 'shop.test';
const ZONE = 'Z0HOSTEDZONEOFREGION';

/** Settings that stacks of several regions are synthesized with; each emulator gives the zone an id of its own. */
export const REGION_SETTINGS: readonly string[] = [`domainName=${DOMAIN}`, `hostedZoneId=${ZONE}`];

/**
 * Deploys, and once more when it fails: the first call of a function that has just started, on a machine that starts
 * those of several regions at once, can come too late for the function's own time limits.
 */
export async function deployTwice(
  options: DeployStacksOptions,
  signal: AbortSignal,
): Promise<DeployedStack[]> {
  try {
    return await deployStacks(options);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof DeploymentFailedError)) throw error;
    return deployStacks(options);
  }
}

export interface RegionCloudOptions extends RegionPartsOptions {
  readonly plan: RegionPlan;
  /** Folder of the workspace, for the CDK's command line. */
  readonly root: string;
  readonly signal: AbortSignal;
}

export interface RegionCloud {
  readonly region: string;
  /** Of the stack with the API. */
  readonly stackName: string;
  readonly emulator: Emulator;
  readonly cdk: EmulatorCdk;
  readonly table: HttpFaultPoint;
  readonly bootstrapSeconds: number;
  /**
   * Deploys what serves, and what decides who is on duty, and waits until the API answers.
   *
   * @param assembly Folder of the synthesized stacks.
   */
  deploy(assembly: string): Promise<void>;
  /** Of the application stack, once it is deployed. */
  readonly outputs: Readonly<Record<string, string>>;
  /** What the deployed stacks lack. */
  readonly filtered: readonly FilteredStack[];
  readonly front: Forwarder;
  readonly warmUp: WarmUp;
  readonly killFunction: KillFunction;
  /** A workflow's definition with every name that its deployment gave. */
  definitionOf(workflow: WorkflowNode): Promise<WorkflowNode['definition']>;
  /** Ends all of its processes at once, as the loss of a region does; nobody is told. */
  stop(): Promise<void>;
}

/** Starts the region's emulator and bootstraps it for the CDK. */
export async function startRegion(options: RegionCloudOptions): Promise<RegionCloud> {
  const { plan, guardian, root, signal, clock } = options;
  const { application, duty, region } = plan;
  const { emulator, table } = await startRegionParts({ ...options, region });
  const cdk = await createEmulatorCdk({ emulator, guardian, root, signal });
  const { seconds: bootstrapSeconds } = await createTimer(clock)(cdk.bootstrap(region));
  const deployed: { stacks: readonly DeployedStack[]; front?: Forwarder } = { stacks: [] };
  const frontOf = (): Forwarder => {
    if (!deployed.front) throw new ServerlessCloudStartError(`${region} is not deployed`);
    return deployed.front;
  };

  return {
    region,
    stackName: application.stackName,
    emulator,
    cdk,
    table,
    bootstrapSeconds,
    async deploy(assembly) {
      const stacks = [application, duty].flatMap((one) => (one === undefined ? [] : [one.artifactId]));
      const given = { [ZONE]: await emulator.createHostedZone(DOMAIN) };
      deployed.stacks = await deployTwice({ cdk, guardian, assembly, stacks, given }, signal);
      const serving = deployed.stacks.find(({ filtered }) => filtered.stackName === application.stackName);
      if (!serving) throw new ServerlessCloudStartError(`${application.stackName} was not deployed`);
      deployed.front = await openFront({ emulator }, serving, application.template, clock);
      await awaitReady(deployed.front.url, { clock, signal });
    },
    get outputs() {
      const { stackName } = application;
      return deployed.stacks.find(({ filtered }) => filtered.stackName === stackName)?.outputs ?? {};
    },
    get filtered() {
      return deployed.stacks.map(({ filtered }) => filtered);
    },
    get front() {
      return frontOf();
    },
    warmUp: (atOnce) => createWarmUp(emulator, frontOf().url)(atOnce),
    killFunction: createKill(emulator, application.stackName, clock),
    async definitionOf({ id }) {
      const [stackName = '', logicalId = ''] = id.split('/');
      const { definition } = await emulator.call<{ readonly definition: string }>(
        'AWSStepFunctions.DescribeStateMachine',
        { stateMachineArn: await emulator.physicalId(stackName, logicalId) },
      );
      return JSON.parse(definition) as WorkflowNode['definition'];
    },
    async stop() {
      await emulator.stop();
      await table.close();
      await deployed.front?.close();
    },
  };
}
