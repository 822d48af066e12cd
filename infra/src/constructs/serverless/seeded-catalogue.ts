/**
 * Fills a new table with the catalogue that a new PostgreSQL has, as a custom resource: a shop that has just been
 * deployed has something to sell. What is there already stays as it is.
 *
 * Leave it out where products come from elsewhere.
 */
import { CustomResource, Duration } from 'aws-cdk-lib';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { BundledFunction } from './bundled-function.ts';
import type { TableAddress } from './shop-table.ts';

/** Another number seeds again, after the catalogue of the application has grown. */
const CATALOGUE_VERSION = '1';

export interface SeededCatalogueProps {
  readonly appDist: string;
  readonly table: TableAddress;
  readonly logGroup: ILogGroup;
}

export class SeededCatalogue extends Construct {
  readonly seed: BundledFunction;

  constructor(scope: Construct, id: string, { appDist, table, logGroup }: SeededCatalogueProps) {
    super(scope, id);
    const timeout = Duration.minutes(1);
    this.seed = new BundledFunction(this, 'Seed', {
      appDist,
      bundle: 'seed-catalogue',
      description: 'Adds the products that a new shop begins with',
      timeout,
      environment: { TABLE_NAME: table.tableName },
      logGroup,
    });
    this.seed.role.addToPolicy(
      new PolicyStatement({
        sid: 'AddProducts',
        actions: ['dynamodb:PutItem'],
        resources: [table.tableArn],
      }),
    );
    const resource = new CustomResource(this, 'Catalogue', {
      serviceToken: this.seed.function.functionArn,
      resourceType: 'Custom::SeededCatalogue',
      properties: { version: CATALOGUE_VERSION },
      // A function that cannot answer is found out in minutes and not after CloudFormation's hour.
      serviceTimeout: Duration.minutes(5),
    });
    // Its permissions are a resource of their own, which must be there first.
    resource.node.addDependency(this.seed.role);
  }
}
