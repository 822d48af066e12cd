/**
 * The experiments of a tier that has a load balancer and a database of its own. The ids of these constructs are part of
 * the deployed stacks: do not rename them.
 */
import type { Stack } from 'aws-cdk-lib';
import type { AutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { ISubnet, IVpc } from 'aws-cdk-lib/aws-ec2';
import type { AuroraDatabase } from '../../constructs/aurora-database.ts';
import { type DatabaseUnderTest, FaultExperiments } from '../../constructs/fault-experiments.ts';
import type { PostgresDatabase } from '../../constructs/postgres-database.ts';
import { numbered, pinLogicalIds } from '../pin-logical-id.ts';

export interface ExperimentsOptions {
  readonly vpc: IVpc;
  /** Names of the zones that servers are in. */
  readonly zones: readonly string[];
  readonly groups: readonly AutoScalingGroup[];
  /** The groups with servers in the zone of this index. */
  readonly groupsIn: (zone: number) => readonly AutoScalingGroup[];
  readonly database: AuroraDatabase | PostgresDatabase;
  /** Ends an experiment when users feel more than the tier promises. */
  readonly stopAlarm: Alarm;
  /**
   * Ends the loss of the whole region, where another one takes over.
   * @default none: the loss of the region is no experiment
   */
  readonly regionStopAlarm?: Alarm;
}

export function createExperiments(stack: Stack, options: ExperimentsOptions): void {
  const { vpc, zones, groups, groupsIn, database, stopAlarm, regionStopAlarm } = options;
  const kinds = [vpc.publicSubnets, vpc.privateSubnets, vpc.isolatedSubnets];
  const experiments = new FaultExperiments(stack, 'FaultExperiments', {
    stopAlarm,
    groups,
    zones: zones.map((name, index) => ({
      name,
      subnets: kinds.flatMap((subnets): ISubnet[] => subnets.slice(index, index + 1)),
      groups: groupsIn(index),
    })),
    database: underTest(database),
    ...(regionStopAlarm !== undefined && { region: { subnets: kinds.flat(), stopAlarm: regionStopAlarm } }),
  });
  pinLogicalIds({
    ProcessKillExperiment: experiments.processKill,
    ServerLossExperiment: experiments.serverLoss,
    ...(experiments.databaseFailover && { DatabaseFailoverExperiment: experiments.databaseFailover }),
    ...numbered('ZoneLossExperiment', experiments.zoneLosses),
    ...(experiments.regionLoss && { RegionLossExperiment: experiments.regionLoss }),
  });
}

const underTest = (database: AuroraDatabase | PostgresDatabase): DatabaseUnderTest =>
  'cluster' in database
    ? { kind: 'cluster', arn: database.cluster.clusterArn }
    : { kind: 'instance', arn: database.instance.instanceArn };
