/** Waits until a topology is whole; one that never is cannot be broken in a way that proves anything. */
import type { Clock, LocalCloud, Pace } from '@nines/local-cloud';

export class TopologyNotWholeError extends Error {
  readonly code = 'topology-not-whole';
  override readonly name = 'TopologyNotWholeError';
}

/** Waiting for the topology to be whole again: AWS's own times, generously, and the machine's. */
const SETTLE_AWS_SECONDS = 400;
const SETTLE_MACHINE_SECONDS = 60;

/**
 * Resolves when the topology is whole, or at once when the signal aborts.
 *
 * @throws TopologyNotWholeError when it is not within its time.
 */
export async function awaitWholeTopology(
  cloud: Pick<LocalCloud, 'settle' | 'instances'>,
  { clock, pace, signal }: { readonly clock: Clock; readonly pace: Pace; readonly signal: AbortSignal },
): Promise<void> {
  const limit = new AbortController();
  const limitMs = pace.scaleMs(SETTLE_AWS_SECONDS) + SETTLE_MACHINE_SECONDS * 1000;
  void clock.sleep(limitMs, limit.signal).then(() => {
    limit.abort();
  });
  await cloud.settle(AbortSignal.any([signal, limit.signal]));
  if (signal.aborted) return;
  if (limit.signal.aborted) {
    const logs = cloud.instances.map((one) => `${one.id}: ${one.lastOutput.slice(-600)}`).join('\n');
    throw new TopologyNotWholeError(
      `the topology was not whole within ${(limitMs / 1000).toFixed(0)} s (instances healthy and in balance, standby in sync).\n${logs}`,
    );
  }
  limit.abort();
}
