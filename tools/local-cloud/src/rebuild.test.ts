import { beforeEach, describe, expect, it } from 'vitest';
import { createVirtualTime, paceOf } from '../test/virtual-time.ts';
import type { VirtualTime } from '../test/virtual-time.ts';
import type { LocalAutoScalingGroup } from './auto-scaling-group.ts';
import type { HostedDatabase } from './hosted-database.ts';
import type { Instance } from './instance.ts';
import { rebuildElsewhere } from './rebuild.ts';

/** Longer than the group's next look. */
const A_MOMENT_MS = 200;
const LAST_COPY_MS = 180_000;

let time: VirtualTime;
let log: string[];
let instances: Instance[];
let isSettled: boolean;
let closing: AbortController;

beforeEach(() => {
  time = createVirtualTime();
  log = [];
  instances = [{ id: 'instance-1' } as Instance];
  isSettled = false;
  closing = new AbortController();
});

function rebuild(zones: readonly string[]): Promise<string> {
  const group = {
    get instances() {
      return instances;
    },
    get settled() {
      return isSettled;
    },
    moveTo: (to: readonly string[]) => log.push(`move to ${to.join()}`),
    setMinimum: (count: number) => log.push(`${String(count)} servers`),
  } as unknown as LocalAutoScalingGroup;
  const database = {
    primaryZone: 'zone-a',
    retire: () => {
      log.push('last copy');
      return Promise.resolve();
    },
  } as unknown as HostedDatabase;
  return rebuildElsewhere({
    group,
    database,
    lastCopySeconds: LAST_COPY_MS / 1000,
    zones,
    pace: paceOf(1000),
    clock: time.clock,
    onEvent: () => undefined,
    signal: closing.signal,
  });
}

describe('a rebuild in another zone', () => {
  it('moves the group, lets the old server go with a last copy, waits, and starts the new one', async () => {
    let zone: string | undefined;
    void rebuild(['zone-a', 'zone-b', 'zone-c']).then((answer) => {
      zone = answer;
    });
    await time.advance(0);
    expect(log).toEqual(['move to zone-b', 'last copy', '0 servers']);
    instances = [];
    await time.advance(LAST_COPY_MS - 1);
    expect(log).toHaveLength(3);
    await time.advance(A_MOMENT_MS);
    expect(log.at(-1)).toBe('1 servers');
    instances = [{ id: 'instance-2' } as Instance];
    await time.advance(A_MOMENT_MS);
    // It is there and does not serve yet.
    expect(zone).toBeUndefined();
    isSettled = true;
    await time.advance(A_MOMENT_MS);
    expect(zone).toBe('zone-b');
  });

  it('starts no second server while the first is still there', async () => {
    void rebuild(['zone-b']);
    await time.advance(LAST_COPY_MS + 60_000);
    expect(log.at(-1)).toBe('0 servers');
  });

  it('is refused where every other zone is lost as well', async () => {
    await expect(rebuild(['zone-a'])).rejects.toMatchObject({ code: 'no-zone-to-rebuild-in' });
    expect(log).toEqual([]);
  });

  it('waits no longer when all is being closed', async () => {
    const rebuilt = rebuild(['zone-b']);
    closing.abort();
    await expect(rebuilt).resolves.toBe('zone-b');
  });
});
