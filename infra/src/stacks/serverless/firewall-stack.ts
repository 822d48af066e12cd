/**
 * The firewall of a serverless tier in one region. It stands at CloudFront, since an HTTP API cannot have one, and what
 * stands at CloudFront is made in us-east-1 (docs/adr/0065-the-firewall-stands-at-the-edge.md). Deployed first.
 */
import type { StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { EncryptionKey } from '../../constructs/encryption-key.ts';
import { GLOBAL_REGION } from '../../constructs/region-names.ts';
import { WebFirewall } from '../../constructs/web-firewall.ts';
import type { DeploymentSettings } from '../../settings/settings.ts';
import { pinLogicalIds } from '../pin-logical-id.ts';
import { TierStack } from '../tier-stack.ts';
import type { ApplicationRules } from './tier-rules.ts';

export interface FirewallStackProps extends StackProps {
  readonly settings: DeploymentSettings;
  readonly rules: Pick<ApplicationRules, 'tier' | 'title'>;
}

export class FirewallStack extends TierStack {
  constructor(scope: Construct, id: string, props: FirewallStackProps) {
    const { settings, rules, ...stackProps } = props;
    const { data } = settings;
    super(scope, id, {
      ...stackProps,
      env: { region: GLOBAL_REGION },
      tier: rules.tier,
      flavour: 'serverless',
      title: `the ${rules.title} tier without servers, its firewall`,
      data,
    });
    const operationsKey = new EncryptionKey(this, 'OperationsKey', {
      description: 'Log of the firewall',
      data,
    });
    operationsKey.allowLogGroups();
    const firewall = new WebFirewall(this, 'Firewall', {
      operationsKey,
      data,
      ...(settings.loadTestCidr !== undefined && { uncountedCidr: settings.loadTestCidr }),
    });
    pinLogicalIds({ OperationsKey: operationsKey, Firewall: firewall.acl, FirewallLogs: firewall.log });
    this.tell({ FirewallArn: firewall.acl.attrArn });
  }
}
