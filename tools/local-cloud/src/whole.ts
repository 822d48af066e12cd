/** Waits for a topology that has been started to be whole, and says what it lacked when it never is. */
import type { Clock } from './clock.ts';
import type { LocalCloud } from './local-cloud.ts';
import type { Pace } from './pace.ts';

/** AWS's own times, generously: a failover, and then a new standby or instance. */
const AWS_SECONDS = 400;
/** What the machine itself may need, whatever the pace. */
const MACHINE_MS = 60_000;
const OUTPUT_SHOWN = 600;

export class TopologyNotWholeError extends Error {
  readonly code = 'topology-not-whole';
  override readonly name = 'TopologyNotWholeError';
}

/**
 * Resolves when every instance is healthy and in balance and the standby, if there is one, in sync; also when the
 * signal aborts, which the caller then has to look at.
 *
 * @throws TopologyNotWholeError when it is not whole within 400 s of AWS's time and a minute of the machine's.
 */
export async function awaitWhole(
  cloud: Pick<LocalCloud, 'settle' | 'instances'>,
  { pace, clock, signal }: { readonly pace: Pace; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  const limit = new AbortController();
  const limitMs = pace.scaleMs(AWS_SECONDS) + MACHINE_MS;
  const settled = new AbortController();
  void clock.sleep(limitMs, settled.signal).then(() => {
    limit.abort();
  });
  try {
    await cloud.settle(AbortSignal.any([signal, limit.signal]));
  } finally {
    settled.abort();
  }
  if (!limit.signal.aborted || signal.aborted) return;
  const said = cloud.instances.map((one) => `${one.id}: ${one.lastOutput.slice(-OUTPUT_SHOWN)}`).join('\n');
  throw new TopologyNotWholeError(
    `the topology was not whole within ${(limitMs / 1000).toFixed(0)} s (instances healthy and in balance, standby in sync).\n${said}`,
  );
}
