/**
 * Records why a finding of cdk-nag's AwsSolutions pack does not apply. A finding is acknowledged where it
 * arises, with the reason an auditor would ask for, and never for a whole stack.
 */
import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * @param findings Rule or finding id, such as `AwsSolutions-RDS11` or `AwsSolutions-IAM5[Resource::*]`, to the
 *   reason it is acceptable here.
 */
export function acknowledge(scope: IConstruct, findings: Readonly<Record<string, string>>): void {
  for (const [id, reason] of Object.entries(findings)) Validations.of(scope).acknowledge({ id, reason });
}
