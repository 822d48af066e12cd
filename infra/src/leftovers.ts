/**
 * What of a deployed template outlives the deletion of its stack: what is kept on purpose, and what services make on the
 * side and nobody deletes. For a sandbox the list should be short, and known.
 *
 * It reads the template only. What people have made by hand in the same account is not its business.
 */

export interface Leftover {
  /** Logical id of the resource that leaves it. */
  readonly resource: string;
  readonly what: string;
}

export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
}

/** CloudFormation's own choice, where a template makes none. */
const KEPT_BY_DEFAULT: ReadonlySet<string> = new Set(['AWS::RDS::DBCluster', 'AWS::RDS::DBInstance']);

/** @param resources The template's `Resources`. */
export function leftoversOf(resources: Readonly<Record<string, TemplateResource>>): readonly Leftover[] {
  const emptied = new Set(
    Object.values(resources)
      .filter(({ Type }) => Type === 'Custom::S3AutoDeleteObjects')
      .map(({ Properties }) => (Properties?.['BucketName'] as { Ref?: string } | undefined)?.Ref),
  );
  return Object.entries(resources).flatMap(([resource, described]) =>
    leftBy(described, emptied.has(resource)).map((what) => ({ resource, what })),
  );
}

function leftBy({ Type, Properties, DeletionPolicy }: TemplateResource, isEmptied: boolean): string[] {
  const left: string[] = [];
  const isMember = Properties?.['DBClusterIdentifier'] !== undefined;
  const policy = DeletionPolicy ?? (KEPT_BY_DEFAULT.has(Type) && !isMember ? 'Snapshot' : 'Delete');
  if (policy !== 'Delete') left.push(`kept: its deletion policy is ${policy}`);
  else if (Type === 'AWS::S3::Bucket' && !isEmptied)
    left.push('kept: a bucket that is not empty cannot be deleted');
  else if (Type === 'AWS::Backup::BackupVault')
    left.push('kept: a vault that is not empty cannot be deleted');
  else if (Type === 'AWS::KMS::Key') left.push('a key that is deleted after its waiting period');
  if (Type === 'AWS::Lambda::Function' && Properties?.['LoggingConfig'] === undefined)
    left.push('the log group that Lambda makes for the function');
  if (Type === 'AWS::Synthetics::Canary') left.push("the log group of the canary's function");
  return left;
}
