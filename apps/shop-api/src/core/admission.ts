/**
 * Admission: how much work this instance takes on. Above it a request is refused at once, before anything is read
 * or parsed, because refusing must cost next to nothing when there is far too much to refuse.
 */

/** Ends a request's stay. */
export type Leave = () => void;

export interface Admission {
  /**
   * Lets a request in, at once (a function), after a short wait (a promise), or not at all (undefined).
   * @param deadline monotonic milliseconds; nobody waits past it.
   */
  enter(method: string, deadline: number): Leave | undefined | Promise<Leave | undefined>;
}
