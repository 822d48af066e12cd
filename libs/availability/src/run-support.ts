/** What one run supports, as figures and as the sentences that a verdict prints. */
import { formatAvailability, formatShare } from './nines.ts';
import {
  blockBootstrapBound,
  requestsToSupport,
  upperFailureBound,
  type SecondCounts,
} from './sample-support.ts';
import type { Random } from './seeded-random.ts';
import { goalShare } from './budget.ts';
import { tiers } from './tiers.ts';

export interface RunSupport {
  readonly requests: number;
  readonly failed: number;
  /** At least this availability, were failures independent; 95% confidence. */
  readonly independentShare: number;
  /** At least this availability when seconds are resampled in blocks; 95% confidence. */
  readonly clusteredShare: number;
  /** The lower of the two: what may be claimed of the conditions of this run. */
  readonly supportedShare: number;
  readonly sentences: readonly string[];
}

const count = (value: number): string => value.toLocaleString('en-US');

const shown = (share: number): string => formatShare(share, 2);

/** The goals, from the lowest to the highest. */
const goals = [...tiers].sort((a, b) => b.lossPerMillion - a.lossPerMillion);

function goalSentences(supportedShare: number, requests: number): string[] {
  const reached = goals.findLast((tier) => goalShare(tier) <= supportedShare);
  const next = goals.find((tier) => goalShare(tier) > supportedShare);
  const verdict =
    reached === undefined
      ? "For these conditions it supports none of the tiers' goals."
      : `For these conditions it supports ${reached.goal}.`;
  if (next === undefined) return [verdict];
  const needed = requestsToSupport(next.lossPerMillion);
  if (requests >= needed) return [verdict];
  return [`${verdict} ${next.goal} takes at least ${count(needed)} requests, none of them failing.`];
}

function boundSentence(independentShare: number, clusteredShare: number): string {
  const supported = shown(Math.min(independentShare, clusteredShare));
  const claim = `With 95% confidence at least ${supported} would be good under the same load and faults`;
  if (clusteredShare >= independentShare)
    return `${claim}; what failed did not cluster enough to lower that.`;
  return `${claim}: failures clustered, and were they independent it would be ${shown(independentShare)}.`;
}

/**
 * @param seconds The run, second by second.
 * @param random Decides the resampling: seed it, so that a verdict can be repeated.
 * @returns `undefined` when the run has no request, which supports nothing at all
 */
export function supportOfRun(seconds: readonly SecondCounts[], random: Random): RunSupport | undefined {
  const requests = seconds.reduce((sum, second) => sum + second.total, 0);
  const good = seconds.reduce((sum, second) => sum + second.good, 0);
  const clusteredShare = blockBootstrapBound(seconds, { random });
  if (clusteredShare === undefined) return undefined;
  const failed = requests - good;
  const independentShare = 1 - upperFailureBound(failed, requests);
  const supportedShare = Math.min(independentShare, clusteredShare);
  return {
    requests,
    failed,
    independentShare,
    clusteredShare,
    supportedShare,
    sentences: [
      `${count(failed)} of ${count(requests)} requests were not good (${formatAvailability({ good, total: requests })}).`,
      boundSentence(independentShare, clusteredShare),
      ...goalSentences(supportedShare, requests),
      'It says nothing about a year: how often such faults happen was chosen, not measured.',
    ],
  };
}
