/**
 * What moves the shop to this region when the other one is lost, and back: the workflows, what starts them where nobody
 * decides, and what tells DNS who writes. The ids of these constructs are part of the deployed stacks: do not rename
 * them.
 */
import type { Stack } from 'aws-cdk-lib';
import type { AuroraDatabase } from '../../constructs/aurora-database.ts';
import { RegionTakeover } from '../../constructs/region-takeover.ts';
import { RegionWatch } from '../../constructs/region-watch.ts';
import type { ServerGroup } from '../../constructs/server-group.ts';
import { WriterBeacon } from '../../constructs/writer-beacon.ts';
import { pinLogicalIds } from '../pin-logical-id.ts';
import type { Foundation } from './foundation.ts';
import type { Region } from './region.ts';
import { serversPerZone } from './three-zones.ts';

/** Readers of the database beside the writer, when the region carries everything. */
const READERS = 2;

export function createRegionFailover(
  stack: Stack,
  region: Region,
  foundation: Foundation,
  { servers, database }: { readonly servers: readonly ServerGroup[]; readonly database: AuroraDatabase },
): RegionTakeover {
  const { names, settings, rules, isHome } = region;
  const { alerts, operationsKey, serverLogs: logGroup } = foundation;
  const takeover = new RegionTakeover(stack, 'Takeover', {
    names,
    database,
    groups: servers.map(({ group }) => group),
    serversPerGroup: serversPerZone(settings),
    readers: READERS,
    alerts,
    operationsKey,
    logGroup,
  });
  pinLogicalIds({ TakeOver: takeover.takeOver.stateMachine, HandOver: takeover.handOver.stateMachine });
  if (rules.failover === 'automatic') createWatch(stack, region, foundation, takeover);
  if (isHome) return takeover;
  const beacon = new WriterBeacon(stack, 'Beacon', { names, database, alerts, logGroup });
  pinLogicalIds({
    WriterBeacon: beacon.workflow.stateMachine,
    WriterBeaconSchedule: beacon.schedule,
    TookOverAlarm: beacon.tookOver,
    BeaconSilentAlarm: beacon.silent,
  });
  return takeover;
}

function createWatch(
  stack: Stack,
  { names, otherRegion, settings }: Region,
  { alerts, operationsKey }: Foundation,
  { takeOver }: RegionTakeover,
): void {
  const watch = new RegionWatch(stack, 'Watch', {
    names,
    otherRegion,
    takeOver,
    alerts,
    operationsKey,
    data: settings.data,
  });
  pinLogicalIds({
    RegionWatch: watch.watcher,
    RegionWatchLogs: watch.log,
    RegionWatchSchedule: watch.schedule,
    OtherRegionLostAlarm: watch.lost,
    TakeOverStart: watch.start,
    WatchSilentAlarm: watch.silent,
  });
}
