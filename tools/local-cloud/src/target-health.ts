/**
 * What a load balancer thinks of one target: the state machine behind "healthy after five good checks". Pure, so
 * that the thresholds of a template can be tested without a clock.
 */

/** `initial`: registered, not yet checked; such a target gets no requests unless the group fails open. */
export type HealthState = 'initial' | 'healthy' | 'unhealthy';

export interface TargetHealth {
  readonly state: HealthState;
  /** Takes the result of one check and answers the state after it. */
  observe(passed: boolean): HealthState;
}

export interface TargetHealthOptions {
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
}

export function createTargetHealth(options: TargetHealthOptions): TargetHealth {
  let state: HealthState = 'initial';
  let inARow = 0;
  let last: boolean | undefined;

  return {
    get state() {
      return state;
    },
    observe(passed) {
      inARow = passed === last ? inARow + 1 : 1;
      last = passed;
      // A newly registered target needs one passed check, whatever the threshold (Elastic Load Balancing user
      // guide, "Health checks for your target groups").
      const needed = passed
        ? state === 'initial'
          ? 1
          : options.healthyThreshold
        : options.unhealthyThreshold;
      if (inARow >= needed) state = passed ? 'healthy' : 'unhealthy';
      return state;
    },
  };
}

/** Whether a status code is one that the matcher names, as ALB writes it: `200`, `200-299`, `200,202`. */
export function matchesStatus(matcher: string, status: number): boolean {
  return matcher.split(',').some((part) => {
    const [from, to = from] = part.trim().split('-');
    return status >= Number(from) && status <= Number(to);
  });
}
