import { describe, expect, it } from 'vitest';
import { createFakeConsole } from '../test/fake-console.ts';
import { EXIT } from './exit-code.ts';
import { runProgram } from './program.ts';
import type { AddCommand } from './program.ts';

async function run(args: string, commands?: readonly AddCommand[], signal = new AbortController().signal) {
  const console = createFakeConsole();
  const code = await runProgram(args.split(' ').filter(Boolean), { console, signal }, commands);
  return { code, said: console.lines.join('\n'), result: console.results.join('\n') };
}

/** A program whose only command does this. */
const doing =
  (act: () => unknown): AddCommand =>
  (program, _context, finish) => {
    program.command('act').action(async () => {
      await act();
      finish(EXIT.notMet);
    });
  };
const failingWith = (error: unknown) =>
  doing(() => {
    throw error;
  });
const coded = (message: string, properties: Record<string, unknown>) =>
  Object.assign(new Error(message), properties);

describe('what cannot be run ends with 2 and says what is possible', () => {
  it.each([
    ['', ['Usage: nines', 'gameday']],
    ['gamedai', ["unknown command 'gamedai'", 'Did you mean gameday?']],
    ['gameday three-nines extra', ['too many arguments']],
    ['gameday three-nines --pase fast', ["unknown option '--pase'", 'Did you mean --pace?']],
    ['gameday three-nines --pace slow', ["'slow' is invalid", 'full, fast']],
    [
      'gameday 99.9%',
      [
        'there is no tier "99.9%"; the tiers are two-nines, three-nines, four-nines, warm-standby, five-nines',
        '[input-invalid]',
      ],
    ],
    ['up', ["missing required argument 'tier'"]],
    ['up 99.9%', ['there is no tier "99.9%"', '[input-invalid]']],
    ['up three-nines --pace slow', ["'slow' is invalid", 'full, fast']],
    ['up three-nines --seed one', ['A seed is a whole number from 0 to 2^53 - 1']],
    ['gameday three-nines --seed one', ["'one' is invalid", 'A seed is a whole number from 0 to 2^53 - 1']],
    ['gameday three-nines --seed=-1', ["'-1' is invalid", 'whole number']],
    ['gameday three-nines --seed 1.5', ["'1.5' is invalid", 'whole number']],
    ['gameday three-nines --seed 9007199254740992', ['whole number']],
    [
      'gameday three-nines --faults zone-loss,meteor',
      [
        'There is no fault "meteor"',
        'process-kill, zone-loss, database-primary-loss, payment-slow, payment-away, overload',
      ],
    ],
    ['gameday three-nines --faults=', ['There is no fault ""']],
    [
      'gameday three-nines --flavour serverless --faults payment-away,zone-loss',
      ['there is no zone-loss with --flavour serverless', '[input-invalid]'],
    ],
    [
      'gameday three-nines --faults poison-message',
      ['there is no poison-message with --flavour servers', '[input-invalid]'],
    ],
  ])('nines %s', async (args, messages) => {
    const { code, said, result } = await run(args);
    expect(code).toBe(2);
    for (const message of messages) expect(said).toContain(message);
    // Standard output is for results, which a pipeline reads.
    expect(result).toBe('');
  });
});

describe('help', () => {
  it.each([
    ['--help', 'gameday'],
    ['gameday --help', 'nines gameday three-nines --json > verdict.json'],
    ['gameday --help', 'NINES_K6'],
    ['synth --help', 'Exit codes: 0 synthesized, 2 could not be run.'],
    ['deploy --help', 'nines deploy three-nines --profile shop'],
    ['diff --help', 'nines diff three-nines four-nines'],
    ['destroy --help', 'nines destroy three-nines --dry-run'],
    ['load --help', '--i-own'],
    ['up --help', 'Exit codes: 0 it was up and the user ended it, 2 could not be run.'],
    ['help gameday', 'Exit codes: 0 every acceptance met, 1 not met, 2 could not be run.'],
  ])('nines %s ends with 0 and shows it as the result', async (args, text) => {
    const { code, said, result } = await run(args);
    expect(code).toBe(0);
    expect(result).toContain(text);
    expect(said).toBe('');
  });
});

describe('a command', () => {
  it('decides the exit code', async () => {
    expect((await run('act', [doing(() => undefined)])).code).toBe(1);
  });

  it('that fails with an error of ours says so in one message, without a stack', async () => {
    const error = coded('the topology is in pieces', { code: 'topology-not-whole' });
    expect(await run('act', [failingWith(error)])).toEqual({
      code: 2,
      said: 'nines: the topology is in pieces [topology-not-whole]',
      result: '',
    });
  });

  it('that the system fails says why, without a stack', async () => {
    const error = coded('ENOSPC: no space left on device', { code: 'ENOSPC', syscall: 'write' });
    expect((await run('act', [failingWith(error)])).said).toBe(
      'nines: ENOSPC: no space left on device [ENOSPC]',
    );
  });

  it.each([
    ['an error without a code', new TypeError('x is not a function')],
    ['a mistake that Node names', coded('x is not a function', { code: 'ERR_INVALID_ARG_TYPE' })],
    ['a code that is a number', coded('x is not a function', { code: 20 })],
  ])('that fails with %s calls it a defect, with its stack', async (_, error) => {
    const { code, said } = await run('act', [failingWith(error)]);
    expect(code).toBe(2);
    expect(said).toContain('this is a defect of nines: ');
    expect(said).toContain('x is not a function');
    expect(said).toContain('program.test.ts');
  });

  it('that throws something else than an error calls it a defect too', async () => {
    expect((await run('act', [failingWith('just a word')])).said).toBe(
      'nines: this is a defect of nines: just a word',
    );
  });

  it('that the user ended is interrupted, not a defect', async () => {
    const error = coded('The operation was aborted', { name: 'AbortError', code: 'ABORT_ERR' });
    expect(await run('act', [failingWith(error)], AbortSignal.abort())).toEqual({
      code: 2,
      said: 'nines: interrupted. [interrupted]',
      result: '',
    });
    expect((await run('act', [failingWith(error)])).said).toContain('this is a defect of nines');
  });
});
