/**
 * The machine that the application runs on, and what it may do, in a group of many (`ServerGroup`) and alone
 * (`SingleServer`). The ids of these constructs are part of the deployed stacks: do not rename them.
 */
import type { AutoScalingGroup, CfnAutoScalingGroup } from 'aws-cdk-lib/aws-autoscaling';
import {
  AmazonLinuxCpuType,
  BlockDeviceVolume,
  CpuCredits,
  EbsDeviceVolumeType,
  InstanceClass,
  type InstanceSize,
  InstanceType,
  LaunchTemplate,
  LaunchTemplateHttpTokens,
  type LaunchTemplateProps,
  MachineImage,
  Peer,
  Port,
  type SecurityGroup,
} from 'aws-cdk-lib/aws-ec2';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Asset } from 'aws-cdk-lib/aws-s3-assets';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';

/**
 * A service outside the template that the servers call, as CloudFormation metadata `nines:dependencies`: the one
 * thing about the workload's structure that no resource shows.
 */
export interface Dependency {
  readonly name: string;
  /** `hard`: an answer fails without it. `soft`: the application compensates. */
  readonly necessity: 'hard' | 'soft';
  /** The variable of the unit that holds its address. */
  readonly addressVariable: string;
}

export const DEPENDENCIES: readonly Dependency[] = [
  { name: 'payment', necessity: 'hard', addressVariable: 'PAYMENT_URL' },
  { name: 'reviews', necessity: 'soft', addressVariable: 'REVIEWS_URL' },
];

/** Says what the servers of the group depend on, and why the group itself notifies nobody. */
export function describeGroup(group: AutoScalingGroup): CfnAutoScalingGroup {
  const resource = group.node.defaultChild as CfnAutoScalingGroup;
  resource.addMetadata('nines:dependencies', DEPENDENCIES);
  acknowledge(group, {
    'AwsSolutions-AS3':
      'Rules in EventBridge report every replaced and every unlaunchable server (ServerAlerts) to the encrypted topic. Notifications of the group itself would need its service-linked role in the key policy, and KMS refuses a policy that names a role which a new account does not have yet.',
  });
  return resource;
}

/** 443 for AWS itself, and what the third parties' addresses say. */
export function outboundPorts(urls: readonly string[]): number[] {
  const ports = urls.map((url) => {
    const { port, protocol } = new URL(url);
    return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
  });
  return [...new Set([443, ...ports])].sort((a, b) => a - b);
}

export function allowOutbound(securityGroup: SecurityGroup, urls: readonly string[]): void {
  for (const port of outboundPorts(urls))
    securityGroup.addEgressRule(Peer.anyIpv4(), Port.tcp(port), 'AWS services, payment and reviews');
}

export interface ServerRoleOptions {
  readonly description: string;
  readonly logGroup: ILogGroup;
  readonly applicationBundle: Asset;
  /** What else it may do, before what all servers may. */
  readonly statements?: readonly PolicyStatement[];
  /** Why it may read every archive, as an auditor would ask. */
  readonly archives: string;
  /** Findings of cdk-nag on what else it may do, with reasons. */
  readonly findings: Readonly<Record<string, string>>;
}

export function createServerRole(scope: Construct, options: ServerRoleOptions): Role {
  const role = new Role(scope, 'Role', {
    assumedBy: new ServicePrincipal('ec2.amazonaws.com'),
    description: options.description,
  });
  const statements = [
    new PolicyStatement({
      sid: 'WriteLogs',
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents', 'logs:DescribeLogStreams'],
      resources: [options.logGroup.logGroupArn],
    }),
    new PolicyStatement({
      sid: 'ReadBundles',
      actions: ['s3:GetObject'],
      resources: [options.applicationBundle.bucket.arnForObjects('*.zip')],
    }),
    ...(options.statements ?? []),
    new PolicyStatement({
      sid: 'SessionManager',
      actions: [
        'ssm:UpdateInstanceInformation',
        'ssmmessages:CreateControlChannel',
        'ssmmessages:CreateDataChannel',
        'ssmmessages:OpenControlChannel',
        'ssmmessages:OpenDataChannel',
      ],
      resources: ['*'],
    }),
  ];
  for (const statement of statements) role.addToPolicy(statement);
  acknowledge(role, {
    'AwsSolutions-IAM5[Resource::*]':
      'Session Manager, the only way onto a server in an incident. These five actions know no resources (service authorization reference, ssmmessages and ssm:UpdateInstanceInformation).',
    'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::cdk-hnb659fds-assets-<AWS::AccountId>-<AWS::Region>/*.zip]':
      options.archives,
    ...options.findings,
  });
  return role;
}

export interface ServerMachineOptions extends Pick<
  LaunchTemplateProps,
  'role' | 'securityGroup' | 'userData' | 'associatePublicIpAddress'
> {
  readonly size: InstanceSize;
  /** Of the one volume that it has. */
  readonly storageGib: number;
}

export function createLaunchTemplate(
  scope: Construct,
  { size, storageGib, ...options }: ServerMachineOptions,
): LaunchTemplate {
  return new LaunchTemplate(scope, 'LaunchTemplate', {
    ...options,
    instanceType: InstanceType.of(InstanceClass.T4G, size),
    // Resolved once a deployment, so that all servers of a deployment are alike and the next one brings patches.
    machineImage: MachineImage.latestAmazonLinux2023({ cpuType: AmazonLinuxCpuType.ARM_64 }),
    // Running out of credits must cost money, not users: a throttled server looks like a slow one.
    cpuCredits: CpuCredits.UNLIMITED,
    detailedMonitoring: true,
    httpTokens: LaunchTemplateHttpTokens.REQUIRED,
    httpPutResponseHopLimit: 1,
    blockDevices: [
      {
        deviceName: '/dev/xvda',
        volume: BlockDeviceVolume.ebs(storageGib, {
          encrypted: true,
          volumeType: EbsDeviceVolumeType.GP3,
          deleteOnTermination: true,
        }),
      },
    ],
  });
}
