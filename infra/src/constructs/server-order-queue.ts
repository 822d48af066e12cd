/**
 * The queue of kept orders of a tier on servers, and the role by which their application reaches it, and nothing else:
 * the servers' own credentials stay out of its reach (docs/adr/0074-servers-keep-orders-too.md).
 */
import { Aws, Duration } from 'aws-cdk-lib';
import { ArnPrincipal, type IRole, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { OrderQueue } from './order-queue.ts';
import type { OrderQueueAddress } from './server-bootstrap.ts';

/** Storing a batch takes milliseconds, and 5 s at worst; what a lost server held is tried again this soon. */
const VISIBILITY = Duration.seconds(30);

/**
 * Servers fetch nothing while no writer answers, so a delivery that fails is rare: a thousand, the most that SQS counts, are
 * eight hours of an order that cannot be stored although the database answers.
 */
const DELIVERIES = 1_000;

/** A chained role has an hour at most (IAM user guide, "Roles terms and concepts"). */
const SESSION = Duration.hours(1);

/** A queue of another region, known by what both agreed on. */
export interface NamedQueue {
  readonly region: string;
  readonly queueName: string;
}

export interface ServerOrderQueueProps {
  /**
   * Name of the queue, where another region fetches from it.
   * @default CloudFormation's
   */
  readonly queueName?: string;
  /**
   * Where the servers of another region keep orders, which are fetched here too while this region writes.
   * @default nowhere: there is one region
   */
  readonly other?: NamedQueue;
}

export class ServerOrderQueue extends OrderQueue {
  /** Made when it is known who may take it. */
  private role: Role | undefined;
  private readonly other: NamedQueue | undefined;

  constructor(scope: Construct, id: string, { queueName, other }: ServerOrderQueueProps = {}) {
    super(scope, id, {
      ...(queueName !== undefined && { queueName }),
      visibilityTimeout: VISIBILITY,
      deliveries: DELIVERIES,
    });
    this.other = other;
  }

  /** Lets servers with this role hand the queue to their application; @returns where it is and by which role. */
  grantTo(servers: IRole): OrderQueueAddress {
    this.role ??= this.createRole(servers);
    servers.addToPrincipalPolicy(
      new PolicyStatement({
        sid: 'HandOutTheOrderQueue',
        actions: ['sts:AssumeRole'],
        resources: [this.role.roleArn],
      }),
    );
    return this.address;
  }

  get address(): OrderQueueAddress {
    if (this.role === undefined) throw new RangeError('Nobody may reach the queue yet.');
    const { other, queue, role } = this;
    return {
      url: queue.queueUrl,
      roleArn: role.roleArn,
      ...(other !== undefined && { other: { region: other.region, url: urlOf(other) } }),
    };
  }

  /** For logical ids. */
  get applicationRole(): Role {
    if (this.role === undefined) throw new RangeError('Nobody may reach the queue yet.');
    return this.role;
  }

  private createRole(servers: IRole): Role {
    const role = new Role(this, 'Role', {
      assumedBy: new ArnPrincipal(servers.roleArn),
      description: 'What the application on the servers may do in AWS: keep orders and fetch them',
      maxSessionDuration: SESSION,
    });
    role.addToPolicy(
      new PolicyStatement({
        sid: 'KeepAndFetchOrders',
        actions: ['sqs:SendMessage', 'sqs:ReceiveMessage', 'sqs:DeleteMessage'],
        resources: [this.queue.queueArn],
      }),
    );
    if (this.other !== undefined) {
      role.addToPolicy(
        new PolicyStatement({
          sid: 'FetchOrdersOfTheOtherRegion',
          actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage'],
          resources: [arnOf(this.other)],
        }),
      );
    }
    return role;
  }
}

const arnOf = ({ region, queueName }: NamedQueue): string =>
  `arn:${Aws.PARTITION}:sqs:${region}:${Aws.ACCOUNT_ID}:${queueName}`;

/** As SQS makes it of region, account and name. */
const urlOf = ({ region, queueName }: NamedQueue): string =>
  `https://sqs.${region}.${Aws.URL_SUFFIX}/${Aws.ACCOUNT_ID}/${queueName}`;
