/**
 * The queue of kept orders of a tier on servers, and the role by which their application reaches it, and nothing else:
 * the servers' own credentials stay out of its reach (docs/adr/0074-servers-keep-orders-too.md).
 */
import { Duration } from 'aws-cdk-lib';
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

export class ServerOrderQueue extends OrderQueue {
  /** Made when it is known who may take it. */
  private role: Role | undefined;

  constructor(scope: Construct, id: string) {
    super(scope, id, { visibilityTimeout: VISIBILITY, deliveries: DELIVERIES });
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
    return { url: this.queue.queueUrl, roleArn: this.role.roleArn };
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
    return role;
  }
}
