import { describe, expect, it } from 'vitest';
import type { Outcome, RequestSample } from '../measures.ts';
import { requestShares, shareOn } from './request-shares.ts';

const asked = (route: string, outcome: Outcome): RequestSample => ({
  startedAtMs: 0,
  durationMs: 10,
  route,
  outcome,
  stale: false,
});

describe('shares of requests', () => {
  it('tell products from orders, and what was refused from what broke', () => {
    const samples = [
      asked('browse', 'good'),
      asked('browse', 'shed'),
      asked('product', 'good'),
      asked('product', 'good'),
      asked('order', 'good'),
      asked('replay', 'bad'),
      asked('read-back', 'bad'),
      asked('any', 'dropped'),
    ];
    expect(requestShares(samples)).toEqual({
      goodShare: 0.5,
      brokenRequests: 3,
      catalogueGoodShare: 0.75,
      ordersGoodShare: 0.5,
    });
  });

  it('are missing, and so not met, where nobody asked', () => {
    expect(requestShares([])).toEqual({});
    expect(requestShares([asked('read-back', 'good')])).toEqual({ goodShare: 1, brokenRequests: 0 });
  });

  it('weigh what a fault hits by how often it is asked for', () => {
    const samples = [
      asked('order', 'good'),
      asked('replay', 'good'),
      asked('browse', 'bad'),
      asked('product', 'good'),
    ];
    expect(shareOn(samples, ['order', 'replay'])).toBe(0.5);
    expect(shareOn([], ['order'])).toBe(0);
  });
});
