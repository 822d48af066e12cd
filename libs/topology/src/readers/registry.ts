/**
 * Every reader there is. To read a new kind of resource, add its node to `topology.ts`, a reader beside these
 * and a line here.
 */
import { alarmReader } from './alarm.ts';
import { backupPlanReader } from './backup-plan.ts';
import { bucketReader } from './bucket.ts';
import { computeGroupReader } from './compute-group.ts';
import { databaseReader } from './database.ts';
import { databaseClusterReader } from './database-cluster.ts';
import { dnsHealthCheckReader } from './dns-health-check.ts';
import { dnsRecordReader } from './dns-record.ts';
import { edgeReader } from './edge.ts';
import { eventRuleReader } from './event-rule.ts';
import { functionReader } from './function.ts';
import { globalDatabaseReader } from './global-database.ts';
import { loadBalancerReader } from './load-balancer.ts';
import { logGroupReader } from './log-group.ts';
import { queueReader } from './queue.ts';
import type { ResourceReader } from './reader.ts';
import { workflowReader } from './workflow.ts';

export const readers: readonly ResourceReader[] = [
  dnsRecordReader,
  dnsHealthCheckReader,
  edgeReader,
  loadBalancerReader,
  computeGroupReader,
  databaseReader,
  databaseClusterReader,
  globalDatabaseReader,
  bucketReader,
  alarmReader,
  logGroupReader,
  backupPlanReader,
  workflowReader,
  functionReader,
  eventRuleReader,
  queueReader,
];

const byType = new Map(readers.flatMap((reader) => reader.types.map((type) => [type, reader] as const)));

/** The reader that turns this type into nodes, if there is one. */
export const readerOf = (type: string): ResourceReader | undefined => byType.get(type);

/** Types that readers take in as part of their nodes. */
export const partTypes: ReadonlySet<string> = new Set(readers.flatMap((reader) => reader.partTypes ?? []));
