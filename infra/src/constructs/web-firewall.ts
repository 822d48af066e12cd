/**
 * A web application firewall: a limit for each client address, addresses of bad reputation, and what no client of ours
 * ever sends.
 *
 * With servers it stands at the load balancer and not at CloudFront, whose firewalls exist in us-east-1 only: one stack,
 * in whatever region, holds all of it (docs/adr/0040-the-firewall-stands-at-the-load-balancer.md). In front of an HTTP
 * API, which cannot have one, it stands at CloudFront, in a stack in us-east-1
 * (docs/adr/0065-the-firewall-stands-at-the-edge.md).
 */
import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { ApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnIPSet, CfnLoggingConfiguration, CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import type { DataPolicy } from '../settings/data-policy.ts';
import { EncryptedLogGroup } from './encrypted-log-group.ts';
import type { EncryptionKey } from './encryption-key.ts';
import { uniqueToThisStack } from './server-database.ts';

/** Seconds over which the requests of an address are counted. */
const WINDOW_SECONDS = 60;

/** The answer to an address above its limit: the same as the application's own refusal. */
const TOO_MANY_REQUESTS = 429;

/**
 * Rule groups that AWS maintains: name, and the rules of it that only count. The size rule would refuse an order
 * of many items; the application bounds its bodies itself.
 */
const MANAGED_GROUPS: readonly (readonly [name: string, counted: readonly string[]])[] = [
  ['AWSManagedRulesAmazonIpReputationList', []],
  ['AWSManagedRulesKnownBadInputsRuleSet', []],
  ['AWSManagedRulesCommonRuleSet', ['SizeRestrictions_BODY']],
];

export interface WebFirewallProps {
  /**
   * What it stands in front of.
   * @default none: it is for a distribution, which names its firewall itself, and is made in us-east-1
   */
  readonly loadBalancer?: ApplicationLoadBalancer;
  /**
   * Requests a minute that one client address may send. Far above what a person does, far below what one address
   * would need to fill the fleet; a proxy of a large company is one address.
   * @default 3000: 50 a second
   */
  readonly requestsPerMinute?: number;
  /**
   * Header in which the edge passes on its client's address. Without an edge in front it must stay out, or a
   * client could name any address.
   * @default none: the address that the connection comes from
   */
  readonly clientAddressHeader?: string;
  /**
   * IPv4 range whose requests are not counted: that of a load test.
   * @default none
   */
  readonly uncountedCidr?: string;
  /**
   * What the edge shows, for a load balancer that has an address on the internet: requests without it are refused, so
   * that nobody goes around the edge. The path of Route 53's health checks is let through; they can show nothing.
   * @default none: whoever can reach the load balancer may send requests
   */
  readonly edgeKey?: { readonly header: string; readonly value: string; readonly exceptPath: string };
  readonly operationsKey: EncryptionKey;
  readonly data: DataPolicy;
}

export class WebFirewall extends Construct {
  readonly acl: CfnWebACL;
  readonly log: EncryptedLogGroup;

  constructor(scope: Construct, id: string, props: WebFirewallProps) {
    super(scope, id);
    this.acl = new CfnWebACL(this, 'Acl', {
      description:
        props.loadBalancer === undefined
          ? `At the edge, ${Stack.of(this).stackName}`
          : `In front of the load balancer of ${Stack.of(this).stackName}`,
      scope: scopeOf(props),
      defaultAction: { allow: {} },
      visibilityConfig: visibility('Firewall'),
      rules: [
        this.rateRule(props),
        ...MANAGED_GROUPS.map(([name, counted], index) => managedRule(name, counted, index + 1)),
        ...(props.edgeKey === undefined ? [] : [edgeRule(props.edgeKey, MANAGED_GROUPS.length + 1)]),
      ],
    });
    if (props.loadBalancer !== undefined) {
      new CfnWebACLAssociation(this, 'Association', {
        resourceArn: props.loadBalancer.loadBalancerArn,
        webAclArn: this.acl.attrArn,
      });
    }
    this.log = new EncryptedLogGroup(this, 'Log', {
      // WAF writes only to groups whose name begins so.
      logGroupName: `aws-waf-logs-${Stack.of(this).stackName.toLowerCase()}-${uniqueToThisStack()}`,
      encryptionKey: props.operationsKey,
      retention: RetentionDays.ONE_MONTH,
      data: props.data,
    });
    new CfnLoggingConfiguration(this, 'Logging', {
      resourceArn: this.acl.attrArn,
      // WAF wants the ARN without the ending ":*" that CloudFormation's attribute has.
      logDestinationConfigs: [
        Stack.of(this).formatArn({
          service: 'logs',
          resource: 'log-group',
          resourceName: this.log.logGroupName,
          arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        }),
      ],
      // Only what was refused: allowed requests stand in the load balancer's log.
      loggingFilter: {
        DefaultBehavior: 'DROP',
        Filters: [
          {
            Behavior: 'KEEP',
            Requirement: 'MEETS_ANY',
            Conditions: [{ ActionCondition: { Action: 'BLOCK' } }, { ActionCondition: { Action: 'COUNT' } }],
          },
        ],
      },
    });
  }

  private rateRule(props: WebFirewallProps) {
    const { requestsPerMinute = 3_000, clientAddressHeader } = props;
    return {
      name: 'requests-of-an-address',
      priority: 0,
      action: { block: { customResponse: { responseCode: TOO_MANY_REQUESTS } } },
      visibilityConfig: visibility('RequestsOfAnAddress'),
      statement: {
        rateBasedStatement: {
          limit: requestsPerMinute,
          evaluationWindowSec: WINDOW_SECONDS,
          ...(clientAddressHeader === undefined
            ? { aggregateKeyType: 'IP' }
            : {
                aggregateKeyType: 'FORWARDED_IP',
                forwardedIpConfig: { headerName: clientAddressHeader, fallbackBehavior: 'NO_MATCH' },
              }),
          ...(props.uncountedCidr !== undefined && {
            scopeDownStatement: { notStatement: { statement: this.comesFrom(props.uncountedCidr, props) } },
          }),
        },
      },
    } satisfies CfnWebACL.RuleProperty;
  }

  private comesFrom(cidr: string, props: WebFirewallProps): CfnWebACL.StatementProperty {
    const { clientAddressHeader } = props;
    const set = new CfnIPSet(this, 'Uncounted', {
      description: 'Where load tests come from',
      scope: scopeOf(props),
      ipAddressVersion: 'IPV4',
      addresses: [cidr],
    });
    return {
      ipSetReferenceStatement: {
        arn: set.attrArn,
        ...(clientAddressHeader !== undefined && {
          ipSetForwardedIpConfig: {
            headerName: clientAddressHeader,
            fallbackBehavior: 'NO_MATCH',
            position: 'FIRST',
          },
        }),
      },
    };
  }
}

const scopeOf = ({ loadBalancer }: WebFirewallProps): 'CLOUDFRONT' | 'REGIONAL' =>
  loadBalancer === undefined ? 'CLOUDFRONT' : 'REGIONAL';

function managedRule(name: string, counted: readonly string[], priority: number): CfnWebACL.RuleProperty {
  return {
    name,
    priority,
    overrideAction: { none: {} },
    visibilityConfig: visibility(name),
    statement: {
      managedRuleGroupStatement: {
        vendorName: 'AWS',
        name,
        ruleActionOverrides: counted.map((rule) => ({ name: rule, actionToUse: { count: {} } })),
      },
    },
  };
}

function edgeRule(
  { header, value, exceptPath }: NonNullable<WebFirewallProps['edgeKey']>,
  priority: number,
): CfnWebACL.RuleProperty {
  const matches = (fieldToMatch: CfnWebACL.FieldToMatchProperty, searchString: string) => ({
    byteMatchStatement: {
      fieldToMatch,
      searchString,
      positionalConstraint: 'EXACTLY',
      textTransformations: [{ priority: 0, type: 'NONE' }],
    },
  });
  const name = 'only-from-the-edge';
  return {
    name,
    priority,
    action: { block: {} },
    visibilityConfig: visibility(name),
    statement: {
      notStatement: {
        statement: {
          orStatement: {
            statements: [
              matches({ singleHeader: { Name: header } }, value),
              matches({ uriPath: {} }, exceptPath),
            ],
          },
        },
      },
    },
  };
}

const visibility = (metricName: string): CfnWebACL.VisibilityConfigProperty => ({
  metricName,
  cloudWatchMetricsEnabled: true,
  sampledRequestsEnabled: true,
});
