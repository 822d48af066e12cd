/**
 * The table of the shop: keys and index as `apps/shop-api/src/adapters/dynamodb/table.ts` defines them, which a test
 * compares. Capacity is on demand: what a peak needs is there without anybody's forecast.
 *
 * Encrypted by a key that DynamoDB owns. A key of the account would be one more part that every request needs, and one
 * more way to lose the data: docs/adr/0064-what-serves-and-what-watches.md.
 */
import { Stack } from 'aws-cdk-lib';
import {
  AttributeType,
  Billing,
  ProjectionType,
  StreamViewType,
  TableEncryptionV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { type DataPolicy, removalPolicyFor } from '../../settings/data-policy.ts';

export const DUE_INDEX = 'due';
export const TTL_ATTRIBUTE = 'expiresAt';

/** What the shop does to its items; none of them reads a whole table. Transactions are authorized by their parts. */
const ITEM_ACTIONS = [
  'dynamodb:GetItem',
  'dynamodb:PutItem',
  'dynamodb:UpdateItem',
  'dynamodb:DeleteItem',
  'dynamodb:Query',
] as const;

export interface ShopTableProps {
  readonly data: DataPolicy;
  /**
   * How many days back any second can be restored.
   * @default none: what is not copied by hand is not kept
   */
  readonly recoveryDays?: number;
}

/** A table, and where it is, for whoever asks and writes. */
export interface TableAddress {
  readonly tableName: string;
  readonly tableArn: string;
}

export class ShopTable extends Construct implements TableAddress {
  readonly table: TableV2;
  readonly tableName: string;
  readonly tableArn: string;
  readonly streamArn: string;

  constructor(scope: Construct, id: string, { data, recoveryDays }: ShopTableProps) {
    super(scope, id);
    this.table = new TableV2(this, 'Table', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      globalSecondaryIndexes: [
        {
          indexName: DUE_INDEX,
          partitionKey: { name: 'dueGroup', type: AttributeType.STRING },
          sortKey: { name: 'dueAt', type: AttributeType.NUMBER },
          projectionType: ProjectionType.KEYS_ONLY,
        },
      ],
      billing: Billing.onDemand(),
      encryption: TableEncryptionV2.dynamoOwnedKey(),
      timeToLiveAttribute: TTL_ATTRIBUTE,
      dynamoStream: StreamViewType.KEYS_ONLY,
      pointInTimeRecoverySpecification: {
        pointInTimeRecoveryEnabled: recoveryDays !== undefined,
        ...(recoveryDays !== undefined && { recoveryPeriodInDays: recoveryDays }),
      },
      deletionProtection: data === 'keep',
      removalPolicy: removalPolicyFor(data),
    });
    this.tableName = this.table.tableName;
    this.tableArn = this.table.tableArn;
    const { tableStreamArn } = this.table;
    if (tableStreamArn === undefined) throw new RangeError(`${Stack.of(this).stackName}: no stream.`);
    this.streamArn = tableStreamArn;
  }
}

/** What a function of the shop may do with its table, of which the indexes are part. */
export function grantItems(grantee: IGrantable, { tableArn }: Pick<TableAddress, 'tableArn'>): void {
  grantee.grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({
      sid: 'ReadAndWriteItems',
      actions: [...ITEM_ACTIONS],
      resources: [tableArn, `${tableArn}/index/${DUE_INDEX}`],
    }),
  );
}
