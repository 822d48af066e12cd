import { readFileSync, statSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { ScriptBench } from '../../../test/script-bench.ts';

describe('the copies of a database on a server', () => {
  let bench: ScriptBench;

  beforeEach(() => {
    bench = new ScriptBench();
    bench.program('runuser', '[ "$1" = --user ] && shift 3; exec "$@"');
    for (const name of ['postgresql-setup', 'systemctl', 'chgrp']) bench.program(name, '');
    bench.program('psql', 'cat > /dev/null');
  });

  const run = (script: string) => {
    const { status, stdout } = bench.run(script, {
      COPIES_URL: 's3://the-bucket/copies',
      DATABASE_NAME: 'shop',
      DATABASE_USER: 'shop',
      DATABASE_PASSWORD_FILE: bench.path('password'),
      DATABASE_PASSWORD_GROUP: 'secrets',
    });
    return { status, stdout, called: bench.called };
  };
  const restore = () => run('restore-database.sh');
  const names = (called: readonly string[]) => called.map((line) => line.split(' ')[0]);

  it('are restored, the newest one, into an empty database', () => {
    bench.program(
      'aws',
      'case "$2" in list-objects-v2) echo copies/new.dump ;; cp) echo data > "$5" ;; esac',
    );
    bench.program('pg_restore', '');
    const { status, stdout, called } = restore();

    expect(status).toBe(0);
    expect(stdout).toContain('Restoring copies/new.dump.');
    expect(called[0]).toMatch(/^chgrp secrets /);
    expect(called[1]).toContain('s3api list-objects-v2 --bucket the-bucket --prefix copies/ ');
    expect(called.find((line) => line.startsWith('aws s3 cp'))).toContain('s3://the-bucket/copies/new.dump ');
    expect(called.find((line) => line.startsWith('pg_restore'))).toMatch(
      /--single-transaction .*--dbname shop /,
    );
    expect(readFileSync(bench.path('password'), 'utf8')).toHaveLength(32);
    expect(statSync(bench.path('password')).mode & 0o777).toBe(0o640);
  });

  it('are not missed where there has never been one: the database begins empty', () => {
    bench.program('aws', 'echo None');
    bench.program('pg_restore', '');
    const { status, called } = restore();

    expect(status).toBe(0);
    expect(names(called)).toContain('psql');
    expect(names(called)).not.toContain('pg_restore');
  });

  it('keep a server from starting while nobody knows whether there are some', () => {
    bench.program('aws', 'exit 255');
    const { status, called } = restore();

    expect(status).not.toBe(0);
    expect(names(called)).not.toContain('postgresql-setup');
  });

  it('keep a server from starting when the newest one cannot be restored', () => {
    bench.program(
      'aws',
      'case "$2" in list-objects-v2) echo copies/new.dump ;; cp) echo data > "$5" ;; esac',
    );
    bench.program('pg_restore', 'exit 1');

    expect(restore().status).not.toBe(0);
  });

  describe('when one is made', () => {
    // The log of a server lies elsewhere here.
    const copy = () =>
      run(bench.scriptWith('database-copy.sh', '/var/log/shop-api/shop-api.log', bench.path('log')));

    it('are sent whole, under names of their own, and said to have been', () => {
      bench.program('pg_dump', 'echo data');
      bench.program('pg_restore', '');
      bench.program('aws', '');
      const { status, called } = copy();

      expect(status).toBe(0);
      expect(called.find((line) => line.startsWith('aws'))).toMatch(
        / s3:\/\/the-bucket\/copies\/\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ\.dump$/,
      );
      expect(JSON.parse(readFileSync(bench.path('log'), 'utf8'))).toEqual({
        level: 30,
        msg: 'database copied',
        bytes: 5,
      });
    });

    it.each(['pg_dump', 'pg_restore', 'aws'])('are not said to have been made when %s fails', (failing) => {
      for (const name of ['pg_dump', 'pg_restore', 'aws'])
        bench.program(name, name === failing ? 'exit 1' : 'true');
      const { status } = copy();

      expect(status).not.toBe(0);
      expect(() => readFileSync(bench.path('log'))).toThrow();
    });
  });
});
