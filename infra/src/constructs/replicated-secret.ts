/**
 * A secret that every region can read without any other: made in one region, copied by Secrets Manager to the rest,
 * under the same name everywhere.
 *
 * Use it for what all regions of a workload must agree on. Do not use it in one region: there RDS makes and rotates
 * the password of a database itself.
 */
import { SecretValue, Stack } from 'aws-cdk-lib';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';

export interface ReplicatedSecretProps {
  readonly secretName: string;
  readonly description: string;
  /** Key of the JSON under which the generated value stands. */
  readonly generatedKey: string;
  /** The rest of the JSON. */
  readonly fixed?: Readonly<Record<string, string>>;
  /** Regions beside the stack's own; its own and repeated ones are left out. */
  readonly regions: readonly string[];
  /** Why the secret is not rotated by a function, for auditors. */
  readonly rotation: string;
}

/** Every character is safe in a header, in a connection string and in a shell. */
const UNSAFE_CHARACTERS = '/@"\'\\ `$&<>{}()[];:,?#%^*|~=+!.-';
const LENGTH = 40;

export class ReplicatedSecret extends Construct {
  readonly secret: Secret;

  constructor(scope: Construct, id: string, props: ReplicatedSecretProps) {
    super(scope, id);
    const own = Stack.of(this).region;
    this.secret = new Secret(this, 'Secret', {
      secretName: props.secretName,
      description: props.description,
      generateSecretString: {
        secretStringTemplate: JSON.stringify(props.fixed ?? {}),
        generateStringKey: props.generatedKey,
        passwordLength: LENGTH,
        excludeCharacters: UNSAFE_CHARACTERS,
      },
      replicaRegions: [...new Set(props.regions)]
        .filter((region) => region !== own)
        .map((region) => ({ region })),
    });
    acknowledge(this.secret, { 'AwsSolutions-SMG4': props.rotation });
  }
}

/** The copy of a replicated secret in the region of `scope`, for reading with credentials. */
export function secretOfThisRegion(scope: Construct, id: string, secretName: string): ISecret {
  // Without the six characters at the end of its ARN, which only the region that made it knows.
  const { partition, region, account } = Stack.of(scope);
  return Secret.fromSecretAttributes(scope, id, {
    secretPartialArn: `arn:${partition}:secretsmanager:${region}:${account}:secret:${secretName}`,
  });
}

/** A value of the secret as CloudFormation resolves it when it deploys, in the region that it deploys to. */
export function resolvedAtDeployment(secretName: string, key: string): string {
  // For properties that are no secret to whoever may describe the resource: a header, a rule of a firewall.
  return SecretValue.secretsManager(secretName, { jsonField: key }).unsafeUnwrap();
}
