/** What an experiment is: the contestants of one comparison, in one process, and what is read off them. */

/** How much of it is done: figures to keep take minutes, a look takes seconds, and a test none at all. */
export interface Effort {
  /** Rounds in each process; in a round each contestant has one turn. */
  readonly rounds: number;
  /** How long a turn lasts, milliseconds. */
  readonly turnMs: number;
  /** How long each contestant runs before anything counts, milliseconds: until the compiler has finished with it. */
  readonly warmUpMs: number;
  /** How often what is counted and not timed is repeated: calls after which something may be left, breakers that are idle. */
  readonly repetitions: number;
  /** Calls that are in the large window of the failure path. */
  readonly largeWindow: number;
}

export interface Contestant {
  readonly name: string;
  run(): Promise<unknown>;
  /** Done before each turn, outside the measured time. */
  beforeTurn?(): void;
}

/** One number a round for each contestant. */
export type Series = Readonly<Record<string, readonly number[]>>;

export interface Experiment {
  /** V8 options of its process, beside those that every process has. */
  readonly execArgv?: readonly string[];
  /** What is counted comes out the same every time, so one process is enough. */
  readonly counted?: boolean;
  measure(effort: Effort): Promise<Series>;
}
