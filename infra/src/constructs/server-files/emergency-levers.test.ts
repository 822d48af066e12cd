import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { AWAY, ScriptBench } from '../../../test/script-bench.ts';

/** Answers as the AWS CLI does: a token, then the configuration into the file that is named last. */
const ANSWERING = (configuration: string): string => `case "$*" in
  "appconfigdata start-configuration-session --application-identifier app --environment-identifier env --configuration-profile-identifier profile "*) printf 'the-token\\n' ;;
  "appconfigdata get-latest-configuration --configuration-token the-token "*) for file; do :; done; printf '%s' '${configuration}' > "$file" ;;
  *) exit 64 ;;
esac`;

describe('the fetched emergency levers', () => {
  let bench: ScriptBench;
  let file: string;

  beforeEach(() => {
    bench = new ScriptBench();
    file = bench.path('run/levers.json');
  });

  const fetchWith = (aws: string): number | null => {
    bench.program('aws', aws);
    return bench.run('emergency-levers.sh', {
      LEVERS_APPLICATION: 'app',
      LEVERS_ENVIRONMENT: 'env',
      LEVERS_PROFILE: 'profile',
      LEVERS_FILE: file,
    }).status;
  };

  it('are written as they are, leaving nothing else behind', () => {
    expect(fetchWith(ANSWERING('{"read-only":true}'))).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe('{"read-only":true}');
    expect(readdirSync(bench.path('run'))).toEqual(['levers.json']);
  });

  it('stay where they are while AppConfig is away', () => {
    fetchWith(ANSWERING('{"read-only":true}'));

    expect(fetchWith(AWAY)).not.toBe(0);
    expect(readFileSync(file, 'utf8')).toBe('{"read-only":true}');
    expect(readdirSync(bench.path('run'))).toEqual(['levers.json']);
  });

  it('are no empty file where there is nothing yet', () => {
    expect(fetchWith(ANSWERING(''))).toBe(0);
    expect(existsSync(file)).toBe(false);
  });
});
