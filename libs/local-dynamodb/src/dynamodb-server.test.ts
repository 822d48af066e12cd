import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startLocalDynamodb } from './index.ts';
import type { LocalDynamodb } from './index.ts';

/** The first start on a machine installs the emulator. */
const FIRST_START_MS = 300_000;

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function call(endpoint: string, operation: string, body: object): Promise<Answer> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDB_20120810.${operation}`,
      authorization:
        'AWS4-HMAC-SHA256 Credential=local/20260101/eu-west-1/dynamodb/aws4_request, SignedHeaders=host, Signature=x',
    },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('an emulator of DynamoDB', () => {
  let dynamodb: LocalDynamodb;
  beforeAll(async () => {
    dynamodb = await startLocalDynamodb({ endpoint: '' });
    await call(dynamodb.endpoint, 'CreateTable', {
      TableName: 'table',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    });
  }, FIRST_START_MS);
  afterAll(async () => {
    await dynamodb.stop();
  });

  it('writes all items of a transaction or none, and says which one was refused', async () => {
    const put = (id: string, more: object = {}) => ({
      Put: { TableName: 'table', Item: { id: { S: id } }, ...more },
    });
    await call(dynamodb.endpoint, 'TransactWriteItems', { TransactItems: [put('taken')] });
    const refused = await call(dynamodb.endpoint, 'TransactWriteItems', {
      TransactItems: [put('new'), put('taken', { ConditionExpression: 'attribute_not_exists(id)' })],
    });
    expect(refused.status).toBe(400);
    expect(refused.body['__type']).toMatch(/TransactionCanceledException$/);
    expect(refused.body['CancellationReasons']).toMatchObject([
      { Code: 'None' },
      { Code: 'ConditionalCheckFailed' },
    ]);
    const found = await call(dynamodb.endpoint, 'GetItem', { TableName: 'table', Key: { id: { S: 'new' } } });
    expect(found.body['Item']).toBeUndefined();
  });

  it('shares nothing with another one', async () => {
    const other = await startLocalDynamodb({ endpoint: '' });
    expect((await call(other.endpoint, 'ListTables', {})).body).toEqual({ TableNames: [] });
    await other.stop();
    expect(isRunning(other.pid ?? 0)).toBe(false);
    await expect(fetch(other.endpoint)).rejects.toThrow('fetch failed');
  });

  it('ends when the process that started it is killed', async () => {
    const index = fileURLToPath(new URL('./index.ts', import.meta.url));
    const owner = spawn(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        `import { startLocalDynamodb } from ${JSON.stringify(index)};
         process.stdout.write(String((await startLocalDynamodb({ endpoint: '' })).pid));`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [said] = (await once(owner.stdout, 'data')) as [Buffer];
    const pid = Number(said.toString());
    expect(isRunning(pid)).toBe(true);
    owner.kill('SIGKILL');
    await expect.poll(() => isRunning(pid), { interval: 20, timeout: 10_000 }).toBe(false);
  });
});

it('an engine that is named is used as it is, and stays', async () => {
  const dynamodb = await startLocalDynamodb({ endpoint: 'http://127.0.0.1:8000', pythons: [] });
  expect(dynamodb.endpoint).toBe('http://127.0.0.1:8000');
  expect(dynamodb.pid).toBeUndefined();
  await dynamodb.stop();
});

it('an emulator that ends while it starts is reported with its own words', async () => {
  const options = {
    endpoint: '',
    spawnProcess: () =>
      spawn(process.execPath, ['--eval', 'process.stderr.write("no such module"); process.exitCode = 3']),
  };
  await expect(startLocalDynamodb(options)).rejects.toMatchObject({
    code: 'local-dynamodb-start',
    message:
      'the emulator of DynamoDB does not run: MiniStack ended while it started (exit code 3)\nno such module',
  });
});
