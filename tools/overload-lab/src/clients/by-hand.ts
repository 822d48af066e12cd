/** Clients without a library: what people write first. They also say what the world itself does to a client. */
import { WORLD } from '../world/setting.ts';
import type { CreateClient, Surroundings } from '../world/world.ts';

export class AttemptTimedOutError extends Error {
  readonly code = 'attempt-timed-out';
  override readonly name = 'AttemptTimedOutError';
}

/**
 * The time limit of one attempt, for clients whose library has none: as with any timeout, the attempt goes on. No
 * attempt begins after the deadline of the request.
 */
export async function withinTimeout(
  attempt: () => Promise<void>,
  deadlineMs: number,
  { time }: Pick<Surroundings, 'time'>,
): Promise<void> {
  const leftMs = deadlineMs - time.now();
  if (leftMs <= 0) throw new AttemptTimedOutError('the deadline of the request is over');
  await new Promise<void>((resolve, reject) => {
    const cancel = time.schedule(
      () => {
        reject(new AttemptTimedOutError('no answer in time'));
      },
      Math.min(WORLD.attemptTimeoutMs, leftMs),
    );
    attempt()
      .then(resolve, reject)
      .finally(cancel)
      .catch(() => undefined);
  });
}

export const createSingleAttemptClient: CreateClient = (surroundings) => (attempt, deadlineMs) =>
  withinTimeout(attempt, deadlineMs, surroundings);

/** Tries again at once, until it has no attempts left. */
export const createNaiveClient: CreateClient = (surroundings) => async (attempt, deadlineMs) => {
  for (let attempts = 1; ; attempts++) {
    try {
      await withinTimeout(attempt, deadlineMs, surroundings);
      return;
    } catch (error) {
      if (attempts >= WORLD.maxAttempts || surroundings.time.now() >= deadlineMs) throw error;
    }
  }
};
