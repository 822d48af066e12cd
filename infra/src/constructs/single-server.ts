/**
 * One server that holds everything: the application and its PostgreSQL. When it fails, another is made from the newest
 * copy of the database, in the same zone or in any other.
 *
 * For 99% only. Its disk is nobody's memory: what happened since the last copy is lost with it (a quarter of an hour at
 * most; nothing when it stops in an orderly way). So only a machine that is really gone is replaced, and an application
 * that does not answer is started again where it is.
 */
import { Duration, Lazy, Stack } from 'aws-cdk-lib';
import {
  AutoScalingGroup,
  type CfnAutoScalingGroup,
  GroupMetrics,
  HealthChecks,
  Signals,
  UpdatePolicy,
} from 'aws-cdk-lib/aws-autoscaling';
import type { LaunchTemplate } from 'aws-cdk-lib/aws-ec2';
import {
  CfnEIP,
  InstanceSize,
  type ISubnet,
  type IVpc,
  Peer,
  Port,
  SecurityGroup,
  UserData,
} from 'aws-cdk-lib/aws-ec2';
import type { Role } from 'aws-cdk-lib/aws-iam';
import { Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type IBucket,
  ObjectOwnership,
  StorageClass,
} from 'aws-cdk-lib/aws-s3';
import type { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { type DataPolicy, removalPolicyFor } from '../settings/data-policy.ts';
import { acknowledge } from './acknowledge.ts';
import type { EmergencyLevers } from './emergency-levers.ts';
import type { EncryptionKey } from './encryption-key.ts';
import { LAST_COPY } from './rebuild-elsewhere.ts';
import { applicationUnit, bootstrapScript } from './server-bootstrap.ts';
import { DATABASE_NAME, DATABASE_PORT, DATABASE_USER } from './server-database.ts';
import { allowOutbound, createLaunchTemplate, createServerRole, describeGroup } from './server-machine.ts';

/** As `server-files/database-copy.timer` has it. */
export const COPY_INTERVAL = Duration.minutes(15);

const COPIES_PREFIX = 'copies';

/** Installing, restoring, starting: the ten minutes that the tier gives a deployment, and as many for the data. */
const SIGNAL_TIMEOUT = Duration.minutes(40);

export interface SingleServerProps {
  readonly vpc: IVpc;
  /** A public subnet of the zone that the server is in. */
  readonly subnet: ISubnet;
  readonly dataKey: EncryptionKey;
  readonly data: DataPolicy;
  readonly accessLogs: IBucket;
  /** Logical id that the stack pins the bucket of copies to, which findings of cdk-nag name. */
  readonly copiesLogicalId: string;
  /** How long a copy is kept. */
  readonly copyRetention: Duration;
  readonly applicationBundle: Asset;
  readonly serverFiles: Asset;
  readonly logGroup: ILogGroup;
  readonly levers: EmergencyLevers;
  readonly paymentUrl: string;
  readonly reviewsUrl: string;
  readonly ratedRps: number;
}

export class SingleServer extends Construct {
  readonly group: AutoScalingGroup;
  readonly launchTemplate: LaunchTemplate;
  readonly role: Role;
  readonly copies: Bucket;
  readonly address: CfnEIP;
  /** Where clients send their requests. */
  readonly url: string;

  constructor(scope: Construct, id: string, props: SingleServerProps) {
    super(scope, id);
    this.copies = this.createCopies(props);
    this.address = new CfnEIP(this, 'Address', { domain: 'vpc' });
    this.url = `http://${this.address.attrPublicIp}`;
    this.role = this.createRole(props);
    this.forbidDeletion();
    this.launchTemplate = this.createLaunchTemplate(props);
    this.group = this.createGroup(props);
    describeGroup(this.group);
    // What the user data makes and no resource shows; libs/topology reads it.
    this.cfnGroup.addMetadata('nines:hosted-database', {
      engine: 'postgres',
      engineVersion: '17',
      name: DATABASE_NAME,
      port: DATABASE_PORT,
      encrypted: true,
      copies: {
        intervalMinutes: COPY_INTERVAL.toMinutes(),
        bucket: { Ref: props.copiesLogicalId },
        lastCopySeconds: LAST_COPY.toSeconds(),
      },
    });
    this.group.node.addDependency(this.role, this.copies, props.subnet.internetConnectivityEstablished);
  }

  private get cfnGroup(): CfnAutoScalingGroup {
    return this.group.node.defaultChild as CfnAutoScalingGroup;
  }

  private createCopies(props: SingleServerProps): Bucket {
    return new Bucket(this, 'Copies', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.KMS,
      encryptionKey: props.dataKey,
      bucketKeyEnabled: true,
      enforceSSL: true,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      // A copy that is overwritten under its own name is still there as an earlier version.
      versioned: true,
      lifecycleRules: [
        {
          id: 'archive-and-forget',
          transitions: [
            { storageClass: StorageClass.GLACIER_INSTANT_RETRIEVAL, transitionAfter: Duration.days(7) },
          ],
          expiration: props.copyRetention,
          noncurrentVersionExpiration: props.copyRetention,
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
      serverAccessLogsBucket: props.accessLogs,
      serverAccessLogsPrefix: 'copies/',
      removalPolicy: removalPolicyFor(props.data),
      autoDeleteObjects: props.data === 'destroy',
    });
  }

  /** Said by the bucket as well: a permission that is added to the role one day changes nothing. */
  private forbidDeletion(): void {
    this.copies.addToResourcePolicy(
      new PolicyStatement({
        sid: 'TheServerDeletesNoCopy',
        effect: Effect.DENY,
        principals: [this.role],
        actions: [
          's3:DeleteObject',
          's3:DeleteObjectVersion',
          's3:PutLifecycleConfiguration',
          's3:PutBucketVersioning',
        ],
        resources: [this.copies.bucketArn, this.copies.arnForObjects('*')],
      }),
    );
  }

  private createRole(props: SingleServerProps): Role {
    const { partition, region, account } = Stack.of(this);
    const statements = [
      new PolicyStatement({
        sid: 'WriteAndReadCopies',
        actions: ['s3:PutObject', 's3:GetObject'],
        resources: [this.copies.arnForObjects(`${COPIES_PREFIX}/*`)],
      }),
      new PolicyStatement({
        sid: 'FindCopies',
        actions: ['s3:ListBucket'],
        resources: [this.copies.bucketArn],
      }),
      new PolicyStatement({
        sid: 'EncryptCopies',
        actions: ['kms:GenerateDataKey', 'kms:Decrypt'],
        resources: [props.dataKey.keyArn],
        conditions: { StringEquals: { 'kms:ViaService': `s3.${region}.amazonaws.com` } },
      }),
      new PolicyStatement({
        sid: 'TakeOverTheAddress',
        actions: ['ec2:AssociateAddress'],
        resources: [`arn:${partition}:ec2:${region}:${account}:elastic-ip/${this.address.attrAllocationId}`],
      }),
      new PolicyStatement({
        sid: 'ForServersOfThisStack',
        actions: ['ec2:AssociateAddress'],
        resources: [
          `arn:${partition}:ec2:${region}:${account}:instance/*`,
          `arn:${partition}:ec2:${region}:${account}:network-interface/*`,
        ],
        // Nothing but this stack's server is in its network.
        conditions: { ArnEquals: { 'ec2:Vpc': props.vpc.vpcArn } },
      }),
    ];
    const role = createServerRole(this, {
      description: 'What the server may do; the application itself cannot reach these credentials',
      logGroup: props.logGroup,
      applicationBundle: props.applicationBundle,
      statements,
      archives:
        'Read access to the archives that this account has published for deployment. While a release is taken back, a server of the previous version starts and needs the previous archive.',
      findings: findingsOfRole(props.copiesLogicalId),
    });
    props.levers.grantRead(role);
    return role;
  }

  private createLaunchTemplate(props: SingleServerProps): LaunchTemplate {
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc: props.vpc,
      description: 'The server: reached by everybody on port 80, reaches AWS and third parties',
      allowAllOutbound: false,
    });
    securityGroup.addIngressRule(Peer.anyIpv4(), Port.tcp(80), 'HTTP');
    // Port 80 is led to the application on the server itself, before the group looks at it.
    allowOutbound(securityGroup, [props.paymentUrl, props.reviewsUrl]);
    acknowledge(securityGroup, {
      'AwsSolutions-EC23':
        'The public edge of the workload: its clients are on the internet. Port 80 only, and nothing else in the stack admits the internet.',
    });
    return createLaunchTemplate(this, {
      size: InstanceSize.MEDIUM,
      storageGib: 30,
      role: this.role,
      securityGroup,
      // Until it has taken over the address, which needs the way out that this gives.
      associatePublicIpAddress: true,
      userData: this.createUserData(props),
    });
  }

  private createUserData(props: SingleServerProps): UserData {
    const stack = Stack.of(this);
    const userData = UserData.forLinux();
    userData.addCommands(
      ...bootstrapScript({
        unit: applicationUnit({
          database: {
            host: '127.0.0.1',
            port: String(DATABASE_PORT),
            name: DATABASE_NAME,
            user: DATABASE_USER,
            isLocal: true,
          },
          paymentUrl: props.paymentUrl,
          reviewsUrl: props.reviewsUrl,
          ratedRps: props.ratedRps,
          hasLevers: true,
        }),
        applicationArchive: props.applicationBundle.s3ObjectUrl,
        serverFilesArchive: props.serverFiles.s3ObjectUrl,
        database: {
          name: DATABASE_NAME,
          user: DATABASE_USER,
          copiesUrl: this.copies.s3UrlForObject(COPIES_PREFIX),
          elasticIpAllocationId: this.address.attrAllocationId,
        },
        levers: props.levers.address,
        logGroupName: props.logGroup.logGroupName,
        region: stack.region,
        stackName: stack.stackName,
        groupLogicalId: Lazy.string({ produce: () => this.cfnGroup.logicalId }),
      }),
    );
    return userData;
  }

  private createGroup(props: SingleServerProps): AutoScalingGroup {
    return new AutoScalingGroup(this, 'Group', {
      vpc: props.vpc,
      vpcSubnets: { subnets: [props.subnet] },
      launchTemplate: this.launchTemplate,
      minCapacity: 1,
      maxCapacity: 1,
      // The machine's own state only: see above.
      healthChecks: HealthChecks.ec2({ gracePeriod: Duration.minutes(5) }),
      groupMetrics: [GroupMetrics.all()],
      signals: Signals.waitForMinCapacity({ timeout: SIGNAL_TIMEOUT }),
      // The old server first, because its last copy is what the new one begins with. Two at once would be two truths.
      updatePolicy: UpdatePolicy.rollingUpdate({
        maxBatchSize: 1,
        minInstancesInService: 0,
        waitOnResourceSignals: true,
        pauseTime: SIGNAL_TIMEOUT,
      }),
    });
  }
}

function findingsOfRole(copiesLogicalId: string): Readonly<Record<string, string>> {
  const anyServer =
    'Servers come and go. A condition narrows the permission to the network of this stack, where nothing else is.';
  return {
    [`AwsSolutions-IAM5[Resource::<${copiesLogicalId}.Arn>/${COPIES_PREFIX}/*]`]:
      'Each copy has a name of its own. The server may write and read them, and the bucket forbids it to delete any.',
    'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:instance/*]':
      anyServer,
    'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:network-interface/*]':
      anyServer,
  };
}
