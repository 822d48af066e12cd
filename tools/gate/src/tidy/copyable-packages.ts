import { isDeepStrictEqual } from 'node:util';
import type { FileTree } from '../file-tree.ts';
import type { Finding } from '../finding.ts';
import type { TidyRule } from './rule.ts';

const RULE = 'copyable-packages';
const FOLDER = 'libs/resilience/';

type PackageJson = Readonly<Record<string, unknown>>;

/** How a file can be reached: from its source in this workspace, from its build as published. */
const wantedConditions = (file: string): PackageJson => ({
  '@nines/source': `./src/${file}.ts`,
  types: `./dist/${file}.d.ts`,
  default: `./dist/${file}.js`,
});

/** `retry.ts` is the package itself; a variant for one store, `idempotency-postgres.ts`, is its `./postgres`. */
const wantedExports = (name: string, files: readonly string[]): PackageJson =>
  Object.fromEntries(
    files.map((file) => [file === name ? '.' : `./${file.slice(name.length + 1)}`, wantedConditions(file)]),
  );

/** What a copyable package's package.json must say, field by field; anything else in it is free. */
const wantedFields = (name: string, files: readonly string[]): PackageJson => ({
  name: `@nines/${name}`,
  type: 'module',
  sideEffects: false,
  license: 'Apache-2.0',
  exports: wantedExports(name, files),
});

/** The whole point is that the file can be taken alone. */
const UNWANTED_FIELDS = ['dependencies', 'peerDependencies', 'optionalDependencies'];

/** Conditions are tried in the order in which they stand, so the order is part of the meaning. */
const CONDITION_ORDER = ['@nines/source', 'types', 'default'];

/** Whether the conditions of every export stand in that order; deep equality does not look at it. */
function isOrdered(json: PackageJson): boolean {
  const exported = Object.values((json['exports'] ?? {}) as Record<string, object>);
  return exported.every((conditions) => isDeepStrictEqual(Object.keys(conditions), CONDITION_ORDER));
}

function problemsOf(name: string, files: readonly string[], json: PackageJson): string[] {
  const wrong = Object.entries(wantedFields(name, files))
    .filter(([field, wanted]) => !isDeepStrictEqual(json[field], wanted))
    .map(([field, wanted]) => `"${field}" must be ${JSON.stringify(wanted)}`);
  const unwanted = UNWANTED_FIELDS.filter(
    (field) => Object.keys((json[field] ?? {}) as object).length > 0,
  ).map((field) => `"${field}" must be absent or empty: a copyable file imports nothing`);
  const order =
    wrong.length === 0 && !isOrdered(json)
      ? [`the conditions of "exports" must stand in the order ${CONDITION_ORDER.join(', ')}`]
      : [];
  const described = typeof json['description'] === 'string' && json['description'] !== '';
  const tags = (json['nx'] as { tags?: unknown } | undefined)?.tags;
  return [
    ...wrong,
    ...order,
    ...unwanted,
    ...(described ? [] : ['"description" must say what it is in one sentence']),
    ...(isDeepStrictEqual(tags, ['kind:copyable']) ? [] : ['"nx.tags" must be ["kind:copyable"]']),
  ];
}

/** The package's source files without their ending, the package's own first. */
function sourceFiles(tree: FileTree, name: string): string[] {
  const start = `${FOLDER}${name}/src/`;
  const files = tree.paths
    .filter((path) => path.startsWith(start) && path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .map((path) => path.slice(start.length, -'.ts'.length));
  return [...new Set([name, ...files])];
}

function checkPackage(tree: FileTree, name: string): Finding[] {
  const folder = `${FOLDER}${name}`;
  const path = `${folder}/package.json`;
  const finding = (at: string, problem: string): Finding => ({ rule: RULE, path: at, problem });
  const files = sourceFiles(tree, name);
  const belongs = (file: string): boolean => file === name || file.startsWith(`${name}-`);
  const missing = [path, `${folder}/README.md`, `${folder}/src/${name}.ts`, `${folder}/src/${name}.test.ts`]
    .filter((file) => !tree.has(file))
    .map((file) => finding(folder, `the file ${file} is missing`));
  const strangers = files
    .filter((file) => !belongs(file))
    .map((file) =>
      finding(
        `${folder}/src/${file}.ts`,
        `a copyable library is one file, or one per variant named ${name}-<variant>.ts: move this into it`,
      ),
    );
  if (!tree.has(path)) return [...missing, ...strangers];
  const json = JSON.parse(tree.read(path)) as PackageJson;
  const problems = problemsOf(name, files.filter(belongs), json).map((problem) => finding(path, problem));
  return [...missing, ...strangers, ...problems];
}

/** Every package under libs/resilience is well-formed: its file, test and page, and the agreed package.json. */
export const copyablePackages: TidyRule = {
  name: RULE,
  check: (tree) => {
    const names = tree.paths
      .filter((path) => path.startsWith(FOLDER))
      .map((path) => path.slice(FOLDER.length).split('/'))
      .flatMap(([name, ...rest]) => (name !== undefined && rest.length > 0 ? [name] : []));
    return [...new Set(names)].flatMap((name) => checkPackage(tree, name));
  },
};
