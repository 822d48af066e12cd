import { expect, it } from 'vitest';
import { readFunctionConfig, readHttpFunctionConfig } from '../../src/function/config.ts';

const COMPLETE = {
  TABLE_NAME: 'shop',
  PAYMENT_URL: 'https://payment.internal/',
  REVIEWS_URL: 'http://127.0.0.1:9000',
  LOG_LEVEL: 'warn',
  AWS_LAMBDA_FUNCTION_NAME: 'shop-api',
  AWS_LAMBDA_LOG_STREAM_NAME: '2026/11/21/[7]0f3a9c',
  AWS_REGION: 'eu-west-1',
};

const problemsOf = (changes: Record<string, string | undefined>): readonly string[] => {
  try {
    readHttpFunctionConfig({ ...COMPLETE, ...changes });
    return [];
  } catch (error) {
    return (error as { problems: readonly string[] }).problems;
  }
};

it('reads every setting', () => {
  expect(readHttpFunctionConfig(COMPLETE)).toEqual({
    tableName: 'shop',
    paymentUrl: 'https://payment.internal',
    reviewsUrl: 'http://127.0.0.1:9000',
    logLevel: 'warn',
    orderWrites: 'transaction',
    functionName: 'shop-api',
    instanceId: '0f3a9c',
    region: 'eu-west-1',
  });
});

it('needs no reviews where nobody looks at a product', () => {
  const { TABLE_NAME, PAYMENT_URL } = COMPLETE;
  expect(readFunctionConfig({ TABLE_NAME, PAYMENT_URL })).toEqual({
    tableName: 'shop',
    paymentUrl: 'https://payment.internal',
    logLevel: 'info',
    orderWrites: 'transaction',
    functionName: 'local',
    instanceId: 'local',
    region: 'local',
  });
});

it.each([
  ['TABLE_NAME', undefined],
  ['TABLE_NAME', ''],
  ['PAYMENT_URL', undefined],
  ['PAYMENT_URL', 'file:///etc/passwd'],
  ['REVIEWS_URL', 'reviews'],
  ['REVIEWS_URL', undefined],
  ['LOG_LEVEL', 'loud'],
  ['ORDER_WRITES', 'several'],
])('refuses %s=%j and names it', (name, value) => {
  const problems = problemsOf({ [name]: value });
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(name);
});

it('names every mistake at once', () => {
  expect(problemsOf({ TABLE_NAME: '', PAYMENT_URL: 'x', LOG_LEVEL: 'loud' })).toHaveLength(3);
});

it('writes orders item by item where it is told to', () => {
  expect(readFunctionConfig({ ...COMPLETE, ORDER_WRITES: 'single-item' }).orderWrites).toBe('single-item');
});
