/**
 * A PostgreSQL database as servers see it: where it is, who may connect, where the password comes from. What
 * `ServerGroup` needs of a database, whichever service runs it.
 */
import { Aws, Fn } from 'aws-cdk-lib';
import type { ISecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IParameter } from 'aws-cdk-lib/aws-ssm';
import type { IConstruct } from 'constructs';

export const DATABASE_PORT = 5432;
export const DATABASE_NAME = 'shop';
export const DATABASE_USER = 'shop';

export interface DatabaseEndpoint {
  readonly host: string;
  readonly port: string;
}

/** Why a role may read secrets by a pattern: RDS chooses the secret's name. */
export const RDS_NAMES_THE_SECRET =
  'RDS names the secret itself and anew after a restore. A condition on the tag that RDS puts on it narrows the permission to the secret of this very database.';

export interface ServerDatabase extends IConstruct {
  /** Where writes go. It leads to the writer, whichever machine that is at the moment. */
  readonly endpoint: DatabaseEndpoint;
  /**
   * Where reads go that may be a moment old.
   * @default none: reads go where writes go
   */
  readonly readHost?: string;
  /**
   * Holds the ARN of the secret with the password. RDS makes the secret and names it anew when a restored database takes
   * over, so servers are told where to look, not what to look at (docs/runbooks).
   */
  readonly secretParameter: IParameter;
  /** Lets `peer` connect. */
  allowFrom(peer: ISecurityGroup, description: string): void;
  /** Lets `grantee` read the password of this database, also after a restore, and no other secret. */
  grantPasswordRead(grantee: IGrantable): void;
  /** Findings of cdk-nag on a role that may read the password, with the reasons why they are acceptable. */
  readonly passwordReadFindings: Readonly<Record<string, string>>;
}

/**
 * Eight characters that differ between two creations of a stack of the same name, taken from the stack's id. RDS
 * derives log group names from the database's name; a fixed one would collide with what an earlier stack kept.
 */
export function uniqueToThisStack(): string {
  const guid = Fn.select(2, Fn.split('/', Aws.STACK_ID));
  return Fn.select(0, Fn.split('-', guid));
}
