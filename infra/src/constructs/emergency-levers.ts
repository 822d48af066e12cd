/**
 * The emergency levers of the application, kept in AppConfig: people move them there, servers fetch where they
 * stand (docs/adr/0042-levers-come-by-file.md). What each does is written in `apps/shop-api/src/core/levers.ts`.
 *
 * Moving one is a deployment of configuration and not of the stack: docs/runbooks/pull-an-emergency-lever.md.
 */
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  Application,
  CfnHostedConfigurationVersion,
  ConfigurationContent,
  DeploymentStrategy,
  Environment,
  HostedConfiguration,
  JsonSchemaValidator,
  RolloutStrategy,
} from 'aws-cdk-lib/aws-appconfig';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { LeversAddress } from './server-bootstrap.ts';

/** Where each lever stands while nobody has pulled it, as in the application. */
export const LEVER_DEFAULTS = {
  'serve-static': false,
  'read-only': false,
  recommendations: true,
  'shed-sheddable': false,
  'block-bots': false,
} as const;

/** A lever that is misspelt, or no yes or no, is refused by AppConfig before any server sees it. */
const SCHEMA = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  type: 'object',
  additionalProperties: false,
  properties: Object.fromEntries(Object.keys(LEVER_DEFAULTS).map((name) => [name, { type: 'boolean' }])),
};

export class EmergencyLevers extends Construct {
  readonly application: Application;
  readonly environment: Environment;
  readonly profile: HostedConfiguration;
  readonly strategy: DeploymentStrategy;
  readonly address: LeversAddress;

  /**
   * @param positions Where levers stand at first in this stack and not as in the application: a region that stands by
   *   is read-only. Another position is deployed with the stack, whatever people have moved since.
   */
  constructor(
    scope: Construct,
    id: string,
    positions: Readonly<Partial<Record<keyof typeof LEVER_DEFAULTS, boolean>>> = {},
  ) {
    super(scope, id);
    this.application = new Application(this, 'Application', {
      description: `Emergency levers of ${Stack.of(this).stackName}`,
    });
    this.environment = new Environment(this, 'Environment', {
      application: this.application,
      environmentName: 'live',
    });
    // All at once: a lever that reaches a tenth of the servers in the first minute is no lever.
    this.strategy = new DeploymentStrategy(this, 'AtOnce', {
      description: 'To all servers at once',
      rolloutStrategy: RolloutStrategy.linear({
        growthFactor: 100,
        deploymentDuration: Duration.minutes(0),
        finalBakeTime: Duration.minutes(0),
      }),
    });
    this.profile = new HostedConfiguration(this, 'Levers', {
      application: this.application,
      description: 'Positions of the emergency levers',
      content: ConfigurationContent.fromInlineJson(JSON.stringify({ ...LEVER_DEFAULTS, ...positions })),
      validators: [JsonSchemaValidator.fromInline(JSON.stringify(SCHEMA))],
      deployTo: [this.environment],
      deploymentStrategy: this.strategy,
    });
    // The CDK keeps versions, and a profile with a version cannot be deleted: the deletion of the stack would fail.
    for (const version of this.profile.node.findAll()) {
      if (version instanceof CfnHostedConfigurationVersion) version.applyRemovalPolicy(RemovalPolicy.DESTROY);
    }
    this.address = {
      application: this.application.applicationId,
      environment: this.environment.environmentId,
      profile: this.profile.configurationProfileId,
    };
  }

  grantRead(grantee: IGrantable): void {
    const { partition, region, account } = Stack.of(this);
    const { application, environment, profile } = this.address;
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        sid: 'ReadTheLevers',
        actions: ['appconfig:StartConfigurationSession', 'appconfig:GetLatestConfiguration'],
        resources: [
          `arn:${partition}:appconfig:${region}:${account}:application/${application}/environment/${environment}/configuration/${profile}`,
        ],
      }),
    );
  }
}
