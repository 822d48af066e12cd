/**
 * Works off a batch of messages, all at once: those that are about the same thing once, and each for itself, so that
 * what one of them comes to is nothing to the others.
 */
import type { Log } from '../ports/log.ts';

/** What a message asks for. */
export interface Job {
  /** Equal for messages that ask for the same: they are done with one run. */
  readonly name: string;
  run(): Promise<void>;
}

export interface Message {
  readonly messageId: string;
  readonly body: string;
}

export interface MessageBatchOptions {
  /** `nothing` where there is nothing to do; undefined for what will never be understood. */
  readonly jobOf: (body: string) => Job | 'nothing' | undefined;
  readonly log: Log;
}

/** @returns the ids of messages that are to be delivered again: what was not understood, and what was not done. */
export type WorkOffMessages = (messages: readonly Message[]) => Promise<readonly string[]>;

export function createMessageBatch({ jobOf, log }: MessageBatchOptions): WorkOffMessages {
  function sort(messages: readonly Message[]) {
    const jobs = new Map<string, { readonly job: Job; readonly messageIds: string[] }>();
    const failed: string[] = [];
    for (const { messageId, body } of messages) {
      const job = jobOf(body);
      if (job === 'nothing') continue;
      if (job === undefined) {
        log.error({ messageId }, 'a message is not understood');
        failed.push(messageId);
        continue;
      }
      const known = jobs.get(job.name) ?? { job, messageIds: [] };
      known.messageIds.push(messageId);
      jobs.set(job.name, known);
    }
    return { jobs: [...jobs.values()], failed };
  }

  return async (messages) => {
    const { jobs, failed } = sort(messages);
    const undone = await Promise.all(
      jobs.map(async ({ job, messageIds }) => {
        try {
          await job.run();
          return [];
        } catch (error) {
          log.warn({ err: error, about: job.name }, 'a message is to be delivered again');
          return messageIds;
        }
      }),
    );
    return [...failed, ...undone.flat()];
  };
}
