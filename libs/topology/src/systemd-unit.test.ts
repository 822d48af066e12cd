import { describe, expect, it } from 'vitest';
import { parseEnvironment, parseUnit, readServiceUnit } from './systemd-unit.ts';

function read(lines: readonly string[], files: Record<string, string> = {}) {
  const notes: string[] = [];
  const defaulted: string[] = [];
  const process = readServiceUnit('app.service', ['[Service]', ...lines].join('\n'), {
    environmentFile: (path) => files[path],
    note: (message) => notes.push(message),
    defaulted: (path) => defaulted.push(path),
  });
  return { process, notes, defaulted };
}

describe('the environment of a unit', () => {
  it.each([
    // The examples of systemd.exec(5).
    [
      '"VAR1=word1 word2" VAR2=word3 "VAR3=$word 5 6"',
      { VAR1: 'word1 word2', VAR2: 'word3', VAR3: '$word 5 6' },
    ],
    [`ONE='one' "TWO='two two' too" THREE=`, { ONE: 'one', TWO: "'two two' too", THREE: '' }],
    ['PORT=8080', { PORT: '8080' }],
    ['URL=postgres://host/db?a=b', { URL: 'postgres://host/db?a=b' }],
    ['"TEXT=say \\"hi\\"\\tnow\\\\"', { TEXT: 'say "hi"\tnow\\' }],
    ['PATTERN=a\\x41\\101\\u00e9\\s.', { PATTERN: 'aAAé .' }],
    ['SHARE=100%%', { SHARE: '100%' }],
    ['HOST=${Database.Endpoint.Address}', { HOST: '${Database.Endpoint.Address}' }],
    ['   A=1    B=2  ', { A: '1', B: '2' }],
    ['novalue', {}],
    ['=x', {}],
    ['"OPEN=never closed', { OPEN: 'never closed' }],
    ['END=\\', { END: '' }],
  ])('reads %s', (line, expected) => {
    expect(parseEnvironment([line])).toEqual(expected);
  });

  it('lets a later line win and an empty one clear those before it', () => {
    expect(read(['Environment=A=1', 'Environment=A=2 B=3']).process?.environment).toEqual({ A: '2', B: '3' });
    expect(read(['Environment=A=1', 'Environment=', 'Environment=B=3']).process?.environment).toEqual({
      B: '3',
    });
  });

  it('joins lines that end in a backslash and skips comments', () => {
    const lines = ['# Environment=NO=1', '; Environment=NO=2', 'Environment=A=1 \\', '# in between', '  B=2'];
    expect(read(lines).process?.environment).toEqual({ A: '1', B: '2' });
  });

  it('takes files that the same user data writes over lines, and says when one is not there', () => {
    const files = { '/etc/app.env': 'A=file\n# no\nB="two words"\nC=\'x\'' };
    const { process, notes } = read(
      ['Environment=A=line', 'EnvironmentFile=/etc/app.env', 'EnvironmentFile=-/run/secret.env'],
      files,
    );
    expect(process?.environment).toEqual({ A: 'file', B: 'two words', C: 'x' });
    expect(notes).toEqual([
      'process.environment takes variables from /run/secret.env, which is written at run time and cannot be read here',
    ]);
  });

  it('is a plain record even for names that objects inherit', () => {
    const environment = parseEnvironment(['constructor=a', '__proto__=b']);
    expect(Object.entries(environment)).toEqual([
      ['constructor', 'a'],
      ['__proto__', 'b'],
    ]);
  });
});

describe('restart and stop', () => {
  it("are systemd's own when the unit says nothing", () => {
    const { process, defaulted } = read([]);
    expect(process).toEqual({
      unit: 'app.service',
      environment: {},
      restart: 'no',
      restartDelaySeconds: 0.1,
      stopTimeoutSeconds: 90,
    });
    expect(defaulted.sort()).toEqual([
      'process.restart',
      'process.restartDelaySeconds',
      'process.stopTimeoutSeconds',
    ]);
  });

  it.each([
    ['always', 'always', 0],
    ['on-failure', 'on-failure', 0],
    ['no', 'no', 0],
    ['on-abnormal', 'on-failure', 1],
    ['on-abort', 'on-failure', 1],
    ['on-success', 'no', 1],
    ['on-watchdog', 'no', 1],
    ['sometimes', 'no', 1],
  ])('Restart=%s is read as %s with %d notes', (value, expected, noteCount) => {
    const { process, notes } = read([`Restart=${value}`]);
    expect(process?.restart).toBe(expected);
    expect(notes).toHaveLength(noteCount);
  });

  it('keep the port where systemd holds the socket, and only there', () => {
    expect(read(['Sockets=app.socket']).process?.keepsPort).toBe(true);
    expect(read(['Restart=always']).process).not.toHaveProperty('keepsPort');
  });

  it('read time spans, the last assignment winning', () => {
    const { process } = read(['RestartSec=5', 'RestartSec=1min 30s', 'TimeoutStopSec=500ms']);
    expect(process?.restartDelaySeconds).toBe(90);
    expect(process?.stopTimeoutSeconds).toBe(0.5);
  });

  it('read TimeoutSec for both start and stop', () => {
    expect(read(['TimeoutSec=20']).process?.stopTimeoutSeconds).toBe(20);
  });

  it.each(['infinity', '0'])('wait a year for TimeoutStopSec=%s, which means for ever', (value) => {
    expect(read([`TimeoutStopSec=${value}`]).process?.stopTimeoutSeconds).toBe(31_536_000);
  });

  it('note a time span that is none and take the default', () => {
    const { process, notes, defaulted } = read(['RestartSec=soon']);
    expect(process?.restartDelaySeconds).toBe(0.1);
    expect(notes).toEqual(['process.restartDelaySeconds is soon, which is no time span of systemd']);
    expect(defaulted).toContain('process.restartDelaySeconds');
  });
});

describe('a unit file', () => {
  it('keeps sections apart and merges those of the same name', () => {
    const unit = parseUnit('[Unit]\nAfter=a\n[Service]\nRestart=no\n[Unit]\nAfter=b\nstray');
    expect(unit.get('Unit')?.get('After')).toEqual(['a', 'b']);
    expect(unit.get('Service')?.get('Restart')).toEqual(['no']);
  });

  it('is no service without its section', () => {
    const ignored = { environmentFile: () => undefined, note: () => undefined, defaulted: () => undefined };
    expect(readServiceUnit('x', '[Timer]\nOnCalendar=daily', ignored)).toBeUndefined();
  });
});
