import { describe, expect, it } from 'vitest';
import { createVirtualTime } from '../../test/virtual-time.ts';
import { record, routing, topologyOf } from '../../test/region-nodes.ts';
import { chooseRecord, createDns, createResolver } from './dns.ts';

const failover = routing(false);

const answerWith = (unhealthy: readonly string[], from = 'x') =>
  createDns(topologyOf(...failover), (check) => !unhealthy.includes(check)).answer({
    name: 'origin.shop',
    from,
  });

describe('failover records', () => {
  it.each([
    [[], 'a/balancer'],
    [['standby-serves'], 'a/balancer'],
    [['home-serves'], 'b/balancer'],
    // When neither serves, Route 53 answers as if both did.
    [['home-serves', 'standby-serves'], 'a/balancer'],
  ])('with %j unhealthy lead to %s', (unhealthy, target) => {
    expect(answerWith(unhealthy)?.target).toBe(target);
  });

  it('may be kept as long as the shortest TTL on the way', () => {
    expect(answerWith([])?.ttlSeconds).toBe(10);
    const dns = createDns(
      topologyOf(
        record('long', { name: 'site', ttlSeconds: 300, targets: ['short'] }),
        record('short', { name: 'origin', ttlSeconds: 5, targets: ['balancer'] }),
      ),
      () => true,
    );
    expect(dns.answer({ name: 'site', from: 'x' })).toEqual({
      target: 'balancer',
      values: [],
      ttlSeconds: 5,
    });
  });
});

describe('latency records', () => {
  const nearest = ['a', 'b'].map((region) =>
    record(`reads-${region}`, {
      routing: { policy: 'latency', region },
      targets: [`${region}/balancer`],
      healthCheck: `${region}-answers`,
    }),
  );

  it.each([
    ['a', [], 'a/balancer'],
    ['b', [], 'b/balancer'],
    ['a', ['a-answers'], 'b/balancer'],
    ['b', ['b-answers'], 'a/balancer'],
    ['b', ['a-answers', 'b-answers'], 'b/balancer'],
  ])('lead users near %s with %j unhealthy to %s', (from, unhealthy, target) => {
    const chosen = chooseRecord(nearest, (check) => !unhealthy.includes(check), from);
    expect(chosen?.targets).toEqual([target]);
  });
});

describe('names', () => {
  it('that are texts answer with them, and unknown ones with nothing', () => {
    const dns = createDns(
      topologyOf(
        record('ok', {
          name: 'a.verdict',
          recordType: 'TXT',
          ttlSeconds: 1,
          routing: { policy: 'failover', failover: 'primary' },
          values: ['"answers"'],
          healthCheck: 'a-answers',
        }),
        record('lost', {
          name: 'a.verdict',
          recordType: 'TXT',
          ttlSeconds: 1,
          routing: { policy: 'failover', failover: 'secondary' },
          values: ['"lost"'],
        }),
      ),
      () => false,
    );
    expect(dns.answer({ name: 'a.verdict', from: 'b' })).toEqual({ values: ['"lost"'], ttlSeconds: 1 });
    expect(dns.answer({ name: 'nowhere', from: 'b' })).toBeUndefined();
  });

  it('that lead in a circle lead nowhere', () => {
    const circle = topologyOf(
      record('one', { name: 'one', targets: ['two'] }),
      record('two', { name: 'two', targets: ['one'] }),
    );
    expect(createDns(circle, () => true).answer({ name: 'one', from: 'x' })).toBeUndefined();
  });
});

describe('a resolver', () => {
  it('keeps to the lost region until the TTL is over, and then goes where DNS points', async () => {
    const { clock, advance } = createVirtualTime();
    let isHealthy = true;
    const resolver = createResolver({
      dns: createDns(topologyOf(...failover), (check) => check !== 'home-serves' || isHealthy),
      from: 'x',
      keepMs: (ttlSeconds) => ttlSeconds * 1000,
      now: () => clock.now(),
    });
    expect(resolver.resolve('origin.shop')?.target).toBe('a/balancer');
    isHealthy = false;
    await advance(9_999);
    expect(resolver.resolve('origin.shop')?.target).toBe('a/balancer');
    await advance(1);
    expect(resolver.resolve('origin.shop')?.target).toBe('b/balancer');
  });
});
