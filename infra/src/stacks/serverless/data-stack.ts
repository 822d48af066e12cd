/**
 * The table of a tier of several regions, which belongs to all of them and is made in the first: a stack of its own, so
 * that the applications of regions are alike and each can be deployed while the others are away. Deployed first.
 */
import type { StackProps } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { EncryptedLogGroup } from '../../constructs/encrypted-log-group.ts';
import { EncryptionKey } from '../../constructs/encryption-key.ts';
import type { RegionNames } from '../../constructs/region-names.ts';
import { SeededCatalogue } from '../../constructs/serverless/seeded-catalogue.ts';
import { ShopTable } from '../../constructs/serverless/shop-table.ts';
import type { DeploymentSettings } from '../../settings/settings.ts';
import { pinLogicalIds } from '../pin-logical-id.ts';
import { TierStack } from '../tier-stack.ts';
import type { RegionsRules } from './tier-rules.ts';

export interface DataStackProps extends StackProps {
  readonly settings: DeploymentSettings;
  readonly rules: RegionsRules;
  readonly names: RegionNames;
  /** The region that the table is made in, then the others. */
  readonly regions: readonly [string, ...string[]];
}

export class DataStack extends TierStack {
  readonly table: ShopTable;

  constructor(scope: Construct, id: string, props: DataStackProps) {
    const { settings, rules, names, regions, ...stackProps } = props;
    const [first, ...others] = regions;
    const { data, appDist } = settings;
    super(scope, id, {
      ...stackProps,
      env: { region: first },
      tier: rules.tier,
      flavour: 'serverless',
      title: `the ${rules.title} tier without servers, its table`,
      data,
    });
    this.table = new ShopTable(this, 'Table', {
      data,
      tableName: names.workload,
      replicas: { regions: others, consistency: rules.consistency },
      ...(rules.recoveryDays !== undefined && { recoveryDays: rules.recoveryDays }),
    });
    const encryptionKey = new EncryptionKey(this, 'OperationsKey', { description: 'Logs', data });
    encryptionKey.allowLogGroups();
    const logGroup = new EncryptedLogGroup(this, 'CatalogueLogs', {
      encryptionKey,
      retention: RetentionDays.THREE_MONTHS,
      data,
    });
    new SeededCatalogue(this, 'Catalogue', { appDist, table: this.table, logGroup });
    pinLogicalIds({ Table: this.table.table, OperationsKey: encryptionKey, CatalogueLogs: logGroup });
    this.tell({ TableName: this.table.tableName });
  }
}
