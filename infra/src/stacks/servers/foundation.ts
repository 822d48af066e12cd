/**
 * What every tier stands on: keys, logs, the alert channel, the network. The ids of
 * these constructs are part of the deployed stacks: do not rename them.
 */
import { Duration, type Stack } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { AccessLogBucket } from '../../constructs/access-log-bucket.ts';
import { AlertChannel } from '../../constructs/alert-channel.ts';
import { EncryptedLogGroup } from '../../constructs/encrypted-log-group.ts';
import { EncryptionKey } from '../../constructs/encryption-key.ts';
import { Network } from '../../constructs/network.ts';
import { RequestQueries } from '../../constructs/request-queries.ts';
import type { DeploymentSettings } from '../../settings/settings.ts';
import { pinLogicalIds } from '../pin-logical-id.ts';

export interface FoundationOptions {
  readonly settings: Pick<DeploymentSettings, 'data' | 'vpcCidr' | 'alertEmail'>;
  readonly zones: 2 | 3;
  /** @default false */
  readonly isPublicOnly?: boolean;
}

export function createFoundation(stack: Stack, { settings, zones, isPublicOnly = false }: FoundationOptions) {
  const { data, vpcCidr, alertEmail } = settings;
  const dataKey = new EncryptionKey(stack, 'DataKey', {
    description: 'Database, its backups and its password',
    data,
  });
  const operationsKey = new EncryptionKey(stack, 'OperationsKey', { description: 'Logs and alerts', data });
  operationsKey.allowLogGroups();
  const retention = RetentionDays.THREE_MONTHS;
  const logGroup = (id: string) =>
    new EncryptedLogGroup(stack, id, { encryptionKey: operationsKey, retention, data });
  const serverLogs = logGroup('ServerLogs');
  const queries = new RequestQueries(stack, 'RequestQueries', { log: serverLogs });
  const flowLogs = logGroup('FlowLogs');
  const accessLogs = new AccessLogBucket(stack, 'AccessLogs', { data, expiration: Duration.days(90) });
  const alerts = new AlertChannel(stack, 'Alerts', { encryptionKey: operationsKey, email: alertEmail });
  const { vpc } = new Network(stack, 'Network', {
    cidr: vpcCidr,
    zones,
    isPublicOnly,
    flowLogGroup: flowLogs,
  });
  pinLogicalIds({
    DataKey: dataKey,
    OperationsKey: operationsKey,
    ServerLogs: serverLogs,
    RequestByIdQuery: queries.oneRequest,
    FailedRequestsQuery: queries.failed,
    SlowRequestsQuery: queries.slow,
    FlowLogs: flowLogs,
    AccessLogs: accessLogs,
    AlertTopic: alerts.topic,
    Vpc: vpc,
  });
  return { dataKey, operationsKey, serverLogs, accessLogs, alerts, vpc };
}

export type Foundation = ReturnType<typeof createFoundation>;
