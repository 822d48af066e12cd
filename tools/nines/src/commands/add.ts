/** `nines add <library...>`: copy libraries into another project, and see what moved since. */
import { addLibraries, compareCopies, LOCK_FILE, readCatalogue } from '@nines/copy';
import type { AddResult, ComparedFile, Comparison, ImportEnding, Library } from '@nines/copy';
import { Option } from 'commander';
import { EXIT, InputInvalidError } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import type { AddCommand, ProgramContext } from '../program.ts';
import { ROOT } from '../workspace.ts';

interface Options {
  readonly to?: string;
  readonly withTest?: boolean;
  readonly imports?: ImportEnding;
  readonly diff?: boolean;
  readonly list?: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `
A library is one file without imports, copied as it is. What was copied, from which version and commit, is recorded
in ${LOCK_FILE} beside it. All files are written or none; a file that you changed is never overwritten, a link is never
followed, and of a target folder that is missing only the last part is made.

A test is copied with its imports ending as the project's tsconfig.json wants them ('./retry.ts' or './retry.js'), and
the libraries that it imports come with it.

Examples:
  nines add --list
  nines add retry --to ../my-app/src
  nines add retry circuit-breaker timeout pipeline --to ../my-app/src/resilience --with-test
  nines add idempotency idempotency-dynamodb --to ../my-app/src     the library, and a store
  nines add --diff --to ../my-app/src                               what moved since, here and there

Exit codes: 0 copied, or nothing moved; 1 refused and nothing written, or something moved; 2 could not be run.`;

function describeLibraries(libraries: readonly Library[]): string {
  const width = Math.max(...libraries.map(({ name }) => name.length));
  return libraries
    .map(({ name, version, package: from, description }) => {
      const what = from === `@nines/${name}` ? description : `belongs to ${from.slice('@nines/'.length)}`;
      return `${name.padEnd(width)}  ${version}  ${what}`;
    })
    .join('\n');
}

const DONE = { create: 'copied', update: 'brought up to date', keep: 'already there' } as const;

function describeAdded({ target, files, refusals, testPackages, withoutTest }: AddResult): string[] {
  if (refusals.length > 0) {
    return [...refusals.map(({ message }) => `refused: ${message}`), `nothing was written to ${target}`];
  }
  return [
    ...files.map(({ name, action }) => `${name}: ${DONE[action]}`),
    `in ${target}, recorded in ${LOCK_FILE}`,
    ...(testPackages.length > 0 ? [`the tests import ${testPackages.join(', ')}`] : []),
    ...withoutTest.map((name) => `${name} has no test that can be copied alone`),
  ];
}

const MOVED: Readonly<Record<ComparedFile['moved'], string>> = {
  same: 'nothing moved',
  ours: 'moved on here; add it again to have it',
  theirs: 'changed there',
  both: 'moved on here and changed there; add refuses, so merge by hand',
  missing: 'no longer there',
  retired: 'no longer here',
};

const describeCompared = ({ files }: Comparison): string[] =>
  files.flatMap(({ name, moved, copied, version, patches }) => {
    const versions =
      version === undefined || version === copied.version
        ? copied.version
        : `${copied.version} -> ${version}`;
    return [`${name} (${versions}): ${MOVED[moved]}`, ...patches];
  });

/** The libraries as others may read them: without their content. */
const listed = (libraries: readonly Library[]) =>
  libraries.map(({ name, package: from, version, description, file, test }) => ({
    name,
    package: from,
    version,
    description,
    source: file.source,
    ...(test ? { test: test.source } : {}),
  }));

function showResult<T>({ console }: ProgramContext, options: Options, value: T, text: () => string): void {
  console.result(options.json ? JSON.stringify(value, null, 2) : text());
}

function compare(
  libraries: readonly string[],
  to: string,
  options: Options,
  context: ProgramContext,
): ExitCode {
  const comparison = compareCopies({ root: ROOT, libraries, to });
  showResult(context, options, comparison, () => describeCompared(comparison).join('\n'));
  return comparison.files.every(({ moved }) => moved === 'same') ? EXIT.met : EXIT.notMet;
}

function add(libraries: readonly string[], options: Options, context: ProgramContext): ExitCode {
  if (options.list) {
    const all = readCatalogue(ROOT);
    showResult(context, options, listed(all), () => describeLibraries(all));
    return EXIT.met;
  }
  const { to, withTest = false, imports } = options;
  if (to === undefined) throw new InputInvalidError('say with --to which folder to copy into.');
  if (options.diff) return compare(libraries, to, options, context);
  if (libraries.length === 0) throw new InputInvalidError('say which libraries to copy; --list names them.');
  const result = addLibraries({ root: ROOT, libraries, to, withTest, ...(imports ? { imports } : {}) });
  showResult(context, options, result, () => describeAdded(result).join('\n'));
  return result.refusals.length === 0 ? EXIT.met : EXIT.notMet;
}

export const addCommand: AddCommand = (program, context, finish) => {
  program
    .command('add')
    .summary('copy resilience libraries into another project')
    .description(
      'Copies libraries, one file each, into a folder of another project, and says what moved since.',
    )
    .argument('[libraries...]', 'which libraries (--list names them)')
    .option('--to <folder>', 'the folder to copy into')
    .option('--with-test', 'copy the tests too (they need vitest, most of them fast-check)')
    .addOption(
      new Option(
        '--imports <ending>',
        'the ending of the imports in tests (default: as tsconfig.json allows)',
      ).choices(['ts', 'js']),
    )
    .option('--diff', 'show what moved since the libraries were copied, here and there')
    .option('--list', 'name the libraries')
    .option('--json', 'print the result as one JSON value')
    .addHelpText('after', EXAMPLES)
    .action((libraries: readonly string[], options: Options) => {
      finish(add(libraries, options, context));
    });
};
