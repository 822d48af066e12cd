/**
 * Rebuilds a single server in another zone: the steps of the automation that the 99% tier deploys for it
 * (infra/src/constructs/rebuild-elsewhere.ts), in their order. A person starts it; it decides nothing.
 */
import type { LocalAutoScalingGroup } from './auto-scaling-group.ts';
import type { Clock } from './clock.ts';
import type { OnCloudEvent } from './cloud-event.ts';
import type { HostedDatabase } from './hosted-database.ts';
import type { Pace } from './pace.ts';

const LOOK_EVERY_MS = 100;

/** Every zone that the server could be rebuilt in is lost as well. */
export class NoZoneToRebuildInError extends Error {
  readonly code = 'no-zone-to-rebuild-in';
  override readonly name = 'NoZoneToRebuildInError';

  constructor() {
    super('there is no other zone to rebuild the server in');
  }
}

export interface RebuildOptions {
  readonly group: LocalAutoScalingGroup;
  readonly database: HostedDatabase;
  /** How long the last copy of a server that may still be there is waited for, as the template has it. */
  readonly lastCopySeconds: number;
  /** Those of the region that are there. */
  readonly zones: readonly string[];
  readonly pace: Pace;
  readonly clock: Clock;
  readonly onEvent: OnCloudEvent;
  readonly signal: AbortSignal;
}

/**
 * Answers the zone once the new server serves there, or when the signal ends the wait.
 *
 * @throws NoZoneToRebuildInError when no other zone is there.
 */
export async function rebuildElsewhere(options: RebuildOptions): Promise<string> {
  const { group, database, lastCopySeconds, zones, pace, clock, onEvent, signal } = options;
  const zone = zones.find((one) => one !== database.primaryZone);
  if (zone === undefined) throw new NoZoneToRebuildInError();
  onEvent({ kind: 'workflow-started', subject: zone, message: `the server is being rebuilt in ${zone}` });
  const until = async (done: () => boolean) => {
    while (!done() && !signal.aborted) await clock.sleep(LOOK_EVERY_MS, signal);
  };
  group.moveTo([zone]);
  // Its last copy comes when the server is asked to go, so before the group ends it.
  await database.retire();
  group.setMinimum(0);
  await clock.sleep(pace.scaleMs(lastCopySeconds), signal);
  await until(() => group.instances.length === 0);
  group.setMinimum(1);
  await until(() => group.instances.length === 1 && group.settled);
  onEvent({ kind: 'workflow-ended', subject: zone, message: `the server is rebuilt in ${zone}` });
  return zone;
}
