import { describe, expect, test } from 'vitest';
import { getProduct, listProducts } from '../generated/contract.generated.ts';
import { judge, type Answer } from './contract.ts';

const PRODUCT = { id: 'p-1', name: 'Pen', priceCents: 100, currency: 'EUR', stock: 3 };

function answerOf(changes: Partial<Omit<Answer, 'json'>> = {}): Answer {
  const answer = {
    status: 200,
    headers: { 'X-Data-Freshness': 'live' },
    body: JSON.stringify({ items: [PRODUCT] }),
    error_code: 0,
    error: '',
    ...changes,
  };
  return { ...answer, json: () => JSON.parse(answer.body ?? '') as unknown };
}

const fine = () => undefined;
const noAnswer = { status: 0, headers: {}, body: null };

test('an answer that keeps the contract and says what was asked for is good', () => {
  const judgement = judge(listProducts, answerOf(), fine);
  expect(judgement).toEqual({ outcome: 'good', body: { items: [PRODUCT] } });
});

describe('bad is', () => {
  test('an answer that did not come in time', () => {
    const answer = answerOf({ ...noAnswer, error_code: 1050, error: 'request timeout' });
    expect(judge(listProducts, answer, fine)).toEqual({
      outcome: 'bad',
      reason: 'timeout',
      detail: 'request timeout',
    });
  });

  test('no answer at all', () => {
    const answer = answerOf({ ...noAnswer, error_code: 1212, error: 'dial: connection refused' });
    expect(judge(listProducts, answer, fine)).toEqual({
      outcome: 'bad',
      reason: 'network',
      detail: 'dial: connection refused',
    });
  });

  test.each([
    [500, '{"code":"internal"}', '500 internal'],
    [503, '{"type":"about:blank","code": "writer-unavailable"}', '503 writer-unavailable'],
    [502, '<html>Bad Gateway</html>', '502'],
    [201, '{}', '201'],
    [404, null, '404'],
  ])('the status %d, with its code where there is one', (status, body, detail) => {
    const judgement = judge(listProducts, answerOf({ status, body }), fine);
    expect(judgement).toEqual({ outcome: 'bad', reason: 'status', detail });
  });

  test.each([
    [{ body: '{"items":' }, 'the body is not JSON'],
    [{ body: null }, 'the body is not JSON'],
    [{ body: '{"items":[{}]}' }, '/items/0/id'],
    [{ headers: {} }, 'X-Data-Freshness'],
    [{ headers: { 'X-Data-Freshness': 'old' } }, 'X-Data-Freshness'],
  ])('an answer that breaks the contract: %j', (changes, detail) => {
    const judgement = judge(listProducts, answerOf(changes), fine);
    expect(judgement).toEqual({ outcome: 'bad', reason: 'contract', detail });
  });

  test('a well-formed answer about something else', () => {
    const body = JSON.stringify({ ...PRODUCT, reviews: null, recommendations: null });
    const judgement = judge<typeof PRODUCT>(getProduct, answerOf({ body }), ({ id }) => `product ${id}`);
    expect(judgement).toEqual({ outcome: 'bad', reason: 'different', detail: 'product p-1' });
  });
});

describe('shed is', () => {
  test('a 503 that says so', () => {
    const answer = answerOf({
      status: 503,
      headers: { 'X-Load-Shed': 'true' },
      body: '{"code":"overloaded"}',
    });
    expect(judge(listProducts, answer, fine)).toEqual({ outcome: 'shed', detail: '503 overloaded' });
  });

  test('every 429', () => {
    expect(judge(listProducts, answerOf({ status: 429, body: '' }), fine)).toEqual({
      outcome: 'shed',
      detail: '429',
    });
  });

  test.each([
    [503, {}],
    [503, { 'X-Load-Shed': 'false' }],
    [500, { 'X-Load-Shed': 'true' }],
  ])('not a %d with %j', (status, headers) => {
    expect(judge(listProducts, answerOf({ status, headers, body: '' }), fine).outcome).toBe('bad');
  });
});
