/** What every stack of a tier says about itself, and how data in it is protected from the stack's own deletion. */
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { DataPolicy } from '../settings/data-policy.ts';

export interface TierStackProps extends StackProps {
  /** The tier's id, as in `nines:tier`, by which readers of the template know it. */
  readonly tier: string;
  readonly flavour: 'servers' | 'serverless';
  /** What follows "Nines: " in the description. */
  readonly title: string;
  readonly data: DataPolicy;
}

export class TierStack extends Stack {
  constructor(scope: Construct, id: string, props: TierStackProps) {
    const { tier, flavour, title, data, ...stackProps } = props;
    super(scope, id, {
      description: `Nines: ${title}`,
      terminationProtection: data === 'keep',
      ...stackProps,
      tags: { 'nines:tier': tier, ...stackProps.tags },
    });
    this.addMetadata('nines:tier', tier);
    this.addMetadata('nines:flavour', flavour);
  }

  /** Under names that scripts and people rely on. */
  protected tell(outputs: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }
}
