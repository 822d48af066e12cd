import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { AWAY, ScriptBench } from '../../../test/script-bench.ts';

/** Answers as the AWS CLI does, which does what `--query` says itself. */
const ANSWERING = (credentials: string): string => `case "$*" in
  "sts assume-role --role-arn the-role --role-session-name shop-api --duration-seconds 3600 --query "*) printf '%s' '${credentials}' ;;
  *) exit 64 ;;
esac`;

describe('the fetched credentials for the queue of kept orders', () => {
  let bench: ScriptBench;
  let file: string;

  beforeEach(() => {
    bench = new ScriptBench();
    file = bench.path('run/credentials.json');
  });

  const fetchWith = (aws: string): number | null => {
    bench.program('aws', aws);
    return bench.run('queue-credentials.sh', {
      QUEUE_ROLE: 'the-role',
      QUEUE_CREDENTIALS_FILE: file,
      QUEUE_CREDENTIALS_GROUP: execFileSync('id', ['-gn'], { encoding: 'utf8' }).trim(),
    }).status;
  };

  it('can be read by their group and by nobody else', () => {
    expect(fetchWith(ANSWERING('{"Version":1}'))).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe('{"Version":1}');
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(statSync(bench.path('run')).mode & 0o777).toBe(0o750);
  });

  it.each([
    ['is away', AWAY],
    ['says nothing', ANSWERING('')],
  ])('stay as they are while STS %s', (_, aws) => {
    fetchWith(ANSWERING('{"Version":1}'));
    expect(fetchWith(aws)).not.toBe(0);
    expect(readFileSync(file, 'utf8')).toBe('{"Version":1}');
    expect(readdirSync(bench.path('run'))).toEqual(['credentials.json']);
  });

  it('are what the application’s SDK is told to ask for', () => {
    const config = readFileSync(join(import.meta.dirname, 'aws-config'), 'utf8');
    expect(config).toContain(
      '[default]\ncredential_process = /usr/bin/cat /run/shop-api-queue/credentials.json',
    );
  });
});
