/**
 * The server of the world: so many workers, and a queue before them that never hears of callers who have gone. It is
 * the simplest server there is, and what most servers are. A shedding one has the load shedder before all that.
 */
import { createLoadShedder } from '@nines/load-shedder';
import type { LoadShedder } from '@nines/load-shedder';
import type { VirtualTime } from './virtual-time.ts';

/** `refused`: there was no room in the queue. `shed`: refused on purpose, and said so. */
export type Answer = 'ok' | 'error' | 'refused' | 'shed';

/** `hanging`: takes requests and works on none. `failing`: answers each with an error, at once. */
export type Condition = 'well' | 'hanging' | 'failing';

export interface ServerOptions {
  readonly time: VirtualTime;
  /** A number from 0 up to, not including, 1; decides how long each request takes. */
  readonly random: () => number;
  /** Requests worked on at once. */
  readonly workers: number;
  /** Mean time a worker takes for one request; times are exponentially distributed. */
  readonly serviceMs: number;
  /** Requests that may wait; the next is refused. */
  readonly queueLength: number;
}

export interface Server {
  /** Takes a request; the answer comes back through `answer`, once. */
  serve(answer: (answer: Answer) => void): void;
  become(condition: Condition): void;
}

type Reply = (answer: Answer) => void;

export function createFifoServer(options: ServerOptions): Server {
  const { time, random, workers, serviceMs, queueLength } = options;
  let condition: Condition = 'well';
  let idle = workers;
  /** Those who wait, from `first` on: taking from the front of a long array would cost its length. */
  let waiting: Reply[] = [];
  let first = 0;
  /** Done while the server hung: their workers come back when it does. */
  let stuck: Reply[] = [];

  const work = (answer: Reply): void => {
    idle--;
    time.schedule(
      () => {
        finish(answer);
      },
      -serviceMs * Math.log(1 - random()),
    );
  };

  const finish = (answer: Reply): void => {
    if (condition === 'hanging') {
      stuck.push(answer);
      return;
    }
    idle++;
    const next = waiting[first];
    if (next) {
      first++;
      if (first > queueLength) {
        waiting = waiting.slice(first);
        first = 0;
      }
      work(next);
    }
    answer('ok');
  };

  return {
    serve(answer) {
      if (condition === 'failing') {
        time.schedule(() => {
          answer('error');
        }, 0);
      } else if (idle > 0 && condition === 'well') work(answer);
      else if (waiting.length - first < queueLength) waiting.push(answer);
      else
        time.schedule(() => {
          answer('refused');
        }, 0);
    },
    become(next) {
      condition = next;
      if (next === 'hanging') return;
      const released = stuck;
      stuck = [];
      for (const answer of released) finish(answer);
      while (idle > 0 && first < waiting.length) {
        const answer = waiting[first++] as Reply;
        work(answer);
      }
    },
  };
}

/** The same server behind the load shedder, with the shedder's defaults. */
export function createSheddingServer(options: ServerOptions): Server {
  const { time } = options;
  const behind = createFifoServer(options);
  const shed: LoadShedder = createLoadShedder({ clock: time, schedule: time.schedule });
  /** A handler throws what is no good answer: that is how the shedder hears of it. */
  const handle = () =>
    new Promise<Answer>((resolve, reject) => {
      behind.serve((answer) => {
        if (answer === 'ok') resolve(answer);
        else reject(new HandlerFailedError(answer));
      });
    });
  return {
    serve(answer) {
      shed(handle).then(answer, (error: unknown) => {
        answer(error instanceof HandlerFailedError ? error.answer : 'shed');
      });
    },
    become: (condition) => {
      behind.become(condition);
    },
  };
}

class HandlerFailedError extends Error {
  readonly code = 'handler-failed';
  override readonly name = 'HandlerFailedError';
  readonly answer: Answer;

  constructor(answer: Answer) {
    super(`the handler answered: ${answer}`);
    this.answer = answer;
  }
}
