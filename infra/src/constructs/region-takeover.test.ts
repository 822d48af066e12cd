import { App, type CfnResource, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import { InstanceType, MachineImage } from 'aws-cdk-lib/aws-ec2';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { beforeAll, describe, expect, it } from 'vitest';
import { runWorkflow, type Service } from '../../test/run-workflow.ts';
import { rendered } from '../../test/synthesized.ts';
import { AlertChannel } from './alert-channel.ts';
import { AuroraDatabase } from './aurora-database.ts';
import { EncryptedLogGroup } from './encrypted-log-group.ts';
import { EncryptionKey } from './encryption-key.ts';
import { Network } from './network.ts';
import { createRegionNames } from './region-names.ts';
import { RegionTakeover } from './region-takeover.ts';
import type { RegionWorkflow } from './region-workflow.ts';
import { WriterBeacon } from './writer-beacon.ts';

interface Workflows {
  readonly takeOver: string;
  readonly handOver: string;
  readonly beacon: string;
  /** ARN of the region's own cluster, as the definitions have it. */
  readonly own: string;
}

function synthesize(): Workflows {
  const app = new App();
  const stack = new Stack(app, 'nines-test-eu-central-1', { env: { region: 'eu-central-1' } });
  const names = createRegionNames({ workload: 'nines-test', domainName: 'shop.test' });
  const key = new EncryptionKey(stack, 'Key', { description: 'Test', data: 'destroy' });
  const alerts = new AlertChannel(stack, 'Alerts', { encryptionKey: key });
  const logGroup = new EncryptedLogGroup(stack, 'Logs', {
    encryptionKey: key,
    retention: RetentionDays.ONE_DAY,
    data: 'destroy',
  });
  const { vpc } = new Network(stack, 'Network', { cidr: '10.40.0.0/16', zones: 2, flowLogGroup: logGroup });
  const database = new AuroraDatabase(stack, 'Database', {
    vpc,
    dataKey: key,
    operationsKey: key,
    data: 'destroy',
    backupRetention: Duration.days(1),
    global: {
      globalClusterIdentifier: names.globalDatabase,
      madeAs: 'secondary',
      passwordSecret: new Secret(stack, 'Secret'),
    },
  });
  const groups = ['One', 'Two'].map(
    (id) =>
      new AutoScalingGroup(stack, id, {
        vpc,
        instanceType: new InstanceType('t4g.small'),
        machineImage: MachineImage.latestAmazonLinux2023(),
      }),
  );
  const takeover = new RegionTakeover(stack, 'Takeover', {
    names,
    database,
    groups,
    serversPerGroup: 2,
    readers: 2,
    alerts,
    operationsKey: key,
    logGroup,
  });
  const beacon = new WriterBeacon(stack, 'Beacon', { names, database, alerts, logGroup });
  const { Resources } = Template.fromStack(stack).toJSON() as {
    Resources: Record<string, { Properties: { DefinitionString: unknown } }>;
  };
  const definitionOf = ({ stateMachine }: RegionWorkflow): string => {
    const resource = stateMachine.node.defaultChild as CfnResource;
    return rendered(Resources[String(stack.resolve(resource.logicalId))]?.Properties.DefinitionString);
  };
  return {
    takeOver: definitionOf(takeover.takeOver),
    handOver: definitionOf(takeover.handOver),
    beacon: definitionOf(beacon.workflow),
    own: rendered(stack.resolve(database.cluster.clusterArn)),
  };
}

const HOME = 'arn:aws:rds:eu-west-1:1:cluster:nines-test-home';

/** What AWS would answer: a writer that moves two looks after it was told to, servers that come one a look. */
function createAws(own: string, at: { writer: string; servers: number }) {
  let [writer, looks] = [at.writer, Infinity];
  let [minimum, servers] = [at.servers, at.servers];
  let wanted = writer;
  const move = (to: unknown): object => {
    wanted = String(to);
    looks = 2;
    return {};
  };
  const service: Service = (call, parameters) => {
    switch (call) {
      case 'rds:describeGlobalClusters':
        looks -= 1;
        if (looks <= 0) writer = wanted;
        return {
          GlobalClusters: [
            {
              Status: writer === wanted ? 'available' : 'failing-over',
              GlobalClusterMembers: [HOME, own].map((DbClusterArn) => ({
                DbClusterArn,
                IsWriter: DbClusterArn === writer,
              })),
            },
          ],
        };
      case 'rds:failoverGlobalCluster':
      case 'rds:switchoverGlobalCluster':
        return move(parameters['TargetDbClusterIdentifier']);
      case 'autoscaling:updateAutoScalingGroup':
        minimum = Number(parameters['MinSize']);
        return {};
      case 'autoscaling:describeAutoScalingGroups': {
        servers = Math.min(minimum, servers + 1);
        const Instances = Array.from({ length: servers }, () => ({
          LifecycleState: 'InService',
          HealthStatus: 'Healthy',
        }));
        return { AutoScalingGroups: [{ Instances }] };
      }
      default:
        return {};
    }
  };
  return service;
}

const callsOf = (execution: { calls: readonly { call: string }[] }): string[] =>
  execution.calls.map(({ call }) => call).filter((call) => !/describe|publish/.test(call));

describe('moving between regions', () => {
  let workflows: Workflows;

  beforeAll(() => {
    workflows = synthesize();
  });

  const published = (execution: Awaited<ReturnType<typeof runWorkflow>>): unknown[] =>
    execution.calls
      .filter(({ call }) => call === 'cloudwatch:putMetricData')
      .map(({ parameters }) => parameters['MetricData']);
  const says = (value: number | string) => [
    { MetricName: 'Writes', Dimensions: [{ Name: 'Region', Value: 'eu-central-1' }], Value: value },
  ];

  it('takes over: more servers in each zone, more readers, the writer, and only then the traffic', async () => {
    const service = createAws(workflows.own, { writer: HOME, servers: 0 });
    const execution = await runWorkflow(workflows.takeOver, service);

    expect(execution.status).toBe('SUCCEEDED');
    expect(callsOf(execution)).toEqual([
      'autoscaling:updateAutoScalingGroup',
      'autoscaling:updateAutoScalingGroup',
      'applicationautoscaling:registerScalableTarget',
      'rds:failoverGlobalCluster',
      'cloudwatch:putMetricData',
    ]);
    expect(published(execution)).toEqual([says('1')]);
  });

  it('allows for lost data, since nobody is there to ask what was still under way', async () => {
    const execution = await runWorkflow(
      workflows.takeOver,
      createAws(workflows.own, { writer: HOME, servers: 2 }),
    );

    expect(execution.calls.find(({ call }) => call === 'rds:failoverGlobalCluster')?.parameters).toEqual({
      GlobalClusterIdentifier: 'nines-test',
      TargetDbClusterIdentifier: workflows.own,
      AllowDataLoss: true,
    });
  });

  it('leaves the writer where it is when it is here already', async () => {
    const execution = await runWorkflow(
      workflows.takeOver,
      createAws(workflows.own, { writer: workflows.own, servers: 2 }),
    );

    expect(execution.status).toBe('SUCCEEDED');
    expect(callsOf(execution)).not.toContain('rds:failoverGlobalCluster');
  });

  it('goes on without telling people and without more readers, but not without servers', async () => {
    const failing =
      (broken: RegExp): Service =>
      (call, parameters) => {
        if (broken.test(call)) throw new Error('away');
        return createAws(workflows.own, { writer: workflows.own, servers: 2 })(call, parameters);
      };

    await expect(runWorkflow(workflows.takeOver, failing(/sns|application/))).resolves.toMatchObject({
      status: 'SUCCEEDED',
    });
    await expect(runWorkflow(workflows.takeOver, failing(/^autoscaling/))).resolves.toMatchObject({
      status: 'FAILED',
    });
  });

  it('gives up after half an hour when the writer does not come', async () => {
    const service = createAws(workflows.own, { writer: HOME, servers: 2 });
    const execution = await runWorkflow(workflows.takeOver, (call, parameters) =>
      call === 'rds:failoverGlobalCluster' ? {} : service(call, parameters),
    );

    expect(execution).toMatchObject({ status: 'TIMED_OUT', waitedSeconds: 1810 });
    expect(published(execution)).toEqual([]);
  });

  it('hands over to the other region without losing anything', async () => {
    const execution = await runWorkflow(
      workflows.handOver,
      createAws(workflows.own, { writer: workflows.own, servers: 2 }),
    );

    expect(execution.status).toBe('SUCCEEDED');
    expect(execution.calls.find(({ call }) => call === 'rds:switchoverGlobalCluster')?.parameters).toEqual({
      GlobalClusterIdentifier: 'nines-test',
      TargetDbClusterIdentifier: HOME,
    });
    expect(published(execution)).toEqual([says('0')]);
  });

  it('hands over nothing that it does not have', async () => {
    const execution = await runWorkflow(
      workflows.handOver,
      createAws(workflows.own, { writer: HOME, servers: 2 }),
    );

    expect(execution).toMatchObject({ status: 'FAILED', error: 'region-does-not-write' });
    expect(callsOf(execution)).toEqual([]);
  });

  it('says each minute whether this region writes', async () => {
    const said = async (writer: string) =>
      published(await runWorkflow(workflows.beacon, createAws(workflows.own, { writer, servers: 0 })));

    expect(await said(workflows.own)).toEqual([says(1)]);
    expect(await said(HOME)).toEqual([says(0)]);
  });
});
