/**
 * Runs a function whose code the template itself holds, as it stands there, in a world whose network, DNS and time are
 * the local cloud's. Metrics that it says in its log (embedded metric format) are handed on.
 *
 * Only for functions of this repository: it keeps their world small, and is no protection against bad code.
 */
import { createContext, Script } from 'node:vm';
import type { FunctionNode } from '@nines/topology';
import type { Clock } from '../clock.ts';
import type { Pace } from '../pace.ts';
import type { Datapoint } from './metrics.ts';

export interface FunctionWorld {
  /** Asks an address by the names of the template; gives up when the signal says so. */
  readonly fetch: (url: string, options: { readonly signal: AbortSignal }) => Promise<{ ok: boolean }>;
  /** The texts of a name. */
  readonly resolveTxt: (name: string) => readonly string[];
  readonly put: (point: Datapoint) => void;
  readonly pace: Pace;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

interface EmbeddedMetrics {
  readonly _aws?: {
    readonly CloudWatchMetrics?: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string }[];
    }[];
  };
  readonly [property: string]: unknown;
}

/** The metrics that a line of a log holds; none when it is a line like any other. */
export function metricsInLine(line: string): Datapoint[] {
  let parsed: EmbeddedMetrics | null;
  try {
    parsed = JSON.parse(line) as EmbeddedMetrics | null;
  } catch {
    return [];
  }
  const said = parsed;
  return (said?._aws?.CloudWatchMetrics ?? []).flatMap(({ Namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((names) =>
      Metrics.map(({ Name }) => ({
        namespace: Namespace,
        metricName: Name,
        dimensions: Object.fromEntries(names.map((name) => [name, String(said?.[name])])),
        value: Number(said?.[Name]),
      })),
    ),
  );
}

export class FunctionNotRunnableError extends Error {
  readonly code = 'function-not-runnable';
  override readonly name = 'FunctionNotRunnableError';
}

/** Makes it ready once, as Lambda does, and answers what invokes it. */
export function loadFunction(node: FunctionNode, world: FunctionWorld): () => Promise<void> {
  const { pace, clock, signal } = world;
  if (node.inlineCode === undefined) {
    throw new FunctionNotRunnableError(`the template does not hold the code of ${node.id}.`);
  }
  const exported: { handler?: () => Promise<void> } = {};
  const scope = {
    exports: exported,
    process: { env: node.environment },
    require: (name: string) => {
      if (name !== 'node:dns/promises')
        throw new FunctionNotRunnableError(`${node.id} requires ${name}, which is not there.`);
      return { resolveTxt: (host: string) => Promise.resolve(world.resolveTxt(host).map((text) => [text])) };
    },
    fetch: world.fetch,
    AbortSignal: { timeout: (ms: number) => AbortSignal.timeout(Math.max(1, pace.scaleMs(ms / 1000))) },
    setTimeout: (resume: () => void, ms: number) => {
      void clock.sleep(pace.scaleMs(ms / 1000), signal).then(resume);
    },
    // As fast as the rest of its time: it measures how long it has taken.
    Date: { now: () => clock.now() * pace.divisor },
    console: {
      log: (line: string) => {
        // A function of a region that is gone says nothing any more.
        if (!signal.aborted) metricsInLine(line).forEach(world.put);
      },
    },
  };
  new Script(node.inlineCode, { filename: `${node.id}.js` }).runInContext(createContext(scope));
  const { handler } = exported;
  if (!handler) throw new FunctionNotRunnableError(`${node.id} exports no handler.`);
  return handler;
}
