/**
 * The throttle of an HTTP API's stage, which the emulator keeps a record of and does not apply: token buckets with the
 * rates and bursts of the deployed template.
 *
 * A route with settings of its own has a bucket of its own; all others share the one of the default settings.
 */
import type { Clock } from '@nines/local-cloud';

export interface RouteThrottle {
  /** Requests a second, and how many are refilled in one. */
  readonly rateLimit: number;
  /** Requests that may come at once. */
  readonly burstLimit: number;
}

export interface StageThrottleSettings {
  /** @default nothing is refused */
  readonly default?: RouteThrottle;
  /** By route key, such as `POST /orders` or `GET /products/{id}`. */
  readonly routes: Readonly<Record<string, RouteThrottle>>;
}

/** Whether one more request may pass. */
export type Admit = (method: string, path: string) => boolean;

type Bucket = () => boolean;

function createBucket({ rateLimit, burstLimit }: RouteThrottle, clock: Pick<Clock, 'now'>): Bucket {
  let tokens = burstLimit;
  let filledAtMs = clock.now();
  return () => {
    const nowMs = clock.now();
    tokens = Math.min(burstLimit, tokens + ((nowMs - filledAtMs) / 1000) * rateLimit);
    filledAtMs = nowMs;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}

const ESCAPED = /[.*+?^${}()|[\]\\]/g;

/** `GET /products/{id}` as an expression for `GET /products/7`. */
function patternOf(routeKey: string): RegExp {
  const parts = routeKey.split(/\{[^}]*\}/).map((part) => part.replace(ESCAPED, '\\$&'));
  return new RegExp(`^${parts.join('[^/]+')}$`);
}

export function createStageThrottle(settings: StageThrottleSettings, clock: Pick<Clock, 'now'>): Admit {
  const others = settings.default === undefined ? () => true : createBucket(settings.default, clock);
  const routes = Object.entries(settings.routes).map(
    ([key, throttle]) => [patternOf(key), createBucket(throttle, clock)] as const,
  );
  return (method, path) => {
    const asked = `${method} ${path}`;
    const bucket = routes.find(([pattern]) => pattern.test(asked))?.[1] ?? others;
    return bucket();
  };
}

interface StageProperties {
  readonly DefaultRouteSettings?: RouteSettings;
  readonly RouteSettings?: Readonly<Record<string, RouteSettings>>;
}

interface RouteSettings {
  readonly ThrottlingRateLimit?: unknown;
  readonly ThrottlingBurstLimit?: unknown;
}

function throttleOf({ ThrottlingRateLimit, ThrottlingBurstLimit }: RouteSettings = {}):
  RouteThrottle | undefined {
  if (typeof ThrottlingRateLimit !== 'number') return undefined;
  // API Gateway's own choice, where a template makes none, is the account's; a second's worth is the nearest to it.
  const burstLimit = typeof ThrottlingBurstLimit === 'number' ? ThrottlingBurstLimit : ThrottlingRateLimit;
  return { rateLimit: ThrottlingRateLimit, burstLimit };
}

/** The throttles of the first stage of a template; none when it has none. */
export function readStageThrottle(template: unknown): StageThrottleSettings {
  const resources = (template as { Resources?: Record<string, { Type: string; Properties?: unknown }> })
    .Resources;
  const stage = Object.values(resources ?? {}).find(({ Type }) => Type === 'AWS::ApiGatewayV2::Stage');
  const properties = (stage?.Properties ?? {}) as StageProperties;
  const standard = throttleOf(properties.DefaultRouteSettings);
  const routes = Object.entries(properties.RouteSettings ?? {}).flatMap(([key, settings]) => {
    const throttle = throttleOf(settings);
    return throttle === undefined ? [] : [[key, throttle] as const];
  });
  return { ...(standard === undefined ? {} : { default: standard }), routes: Object.fromEntries(routes) };
}
