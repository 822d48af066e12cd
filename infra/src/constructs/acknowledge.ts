/**
 * Records why a finding of cdk-nag's AwsSolutions pack does not apply. A finding is acknowledged where it
 * arises, with the reason an auditor would ask for, and never for a whole stack.
 */
import { Stack, Token, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * @param findings Rule or finding id, such as `AwsSolutions-RDS11` or `AwsSolutions-IAM5[Resource::*]`, to the
 *   reason it is acceptable here. `<AWS::Region>` and `<AWS::Partition>` of a resource in an id stand for those of the
 *   stack, also where the stack has named its region and cdk-nag therefore names both. (Of managed policies the CDK
 *   always leaves the partition open.)
 */
export function acknowledge(scope: IConstruct, findings: Readonly<Record<string, string>>): void {
  const { partition, region } = Stack.of(scope);
  const known = (id: string, placeholder: string, value: string): string =>
    Token.isUnresolved(value) || !id.includes('[Resource::') ? id : id.replaceAll(placeholder, value);
  for (const [id, reason] of Object.entries(findings)) {
    const inThisStack = known(known(id, '<AWS::Region>', region), '<AWS::Partition>', partition);
    Validations.of(scope).acknowledge({ id: inThisStack, reason });
  }
}
