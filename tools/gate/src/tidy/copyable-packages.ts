import { isDeepStrictEqual } from 'node:util';
import type { FileTree } from '../file-tree.ts';
import type { Finding } from '../finding.ts';
import type { TidyRule } from './rule.ts';

const RULE = 'copyable-packages';
const FOLDER = 'libs/resilience/';

type PackageJson = Readonly<Record<string, unknown>>;

/** What a copyable package's package.json must say, field by field; anything else in it is free. */
const wantedFields = (name: string): PackageJson => ({
  name: `@nines/${name}`,
  type: 'module',
  sideEffects: false,
  license: 'Apache-2.0',
  exports: {
    '.': {
      '@nines/source': `./src/${name}.ts`,
      types: `./dist/${name}.d.ts`,
      default: `./dist/${name}.js`,
    },
  },
});

/** The whole point is that the file can be taken alone. */
const UNWANTED_FIELDS = ['dependencies', 'peerDependencies', 'optionalDependencies'];

/** Conditions are tried in the order in which they stand, so the order is part of the meaning. */
const CONDITION_ORDER = ['@nines/source', 'types', 'default'];

function conditionsOf(json: PackageJson): string[] {
  const main = (json['exports'] as Record<string, unknown> | undefined)?.['.'];
  return typeof main === 'object' && main !== null ? Object.keys(main) : [];
}

function problemsOf(name: string, json: PackageJson): string[] {
  const wrong = Object.entries(wantedFields(name))
    .filter(([field, wanted]) => !isDeepStrictEqual(json[field], wanted))
    .map(([field, wanted]) => `"${field}" must be ${JSON.stringify(wanted)}`);
  const unwanted = UNWANTED_FIELDS.filter(
    (field) => Object.keys((json[field] ?? {}) as object).length > 0,
  ).map((field) => `"${field}" must be absent or empty: a copyable file imports nothing`);
  const order =
    wrong.length === 0 && !isDeepStrictEqual(conditionsOf(json), CONDITION_ORDER)
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

function checkPackage(tree: FileTree, name: string): Finding[] {
  const folder = `${FOLDER}${name}`;
  const path = `${folder}/package.json`;
  const missing = [path, `${folder}/README.md`, `${folder}/src/${name}.ts`, `${folder}/src/${name}.test.ts`]
    .filter((file) => !tree.has(file))
    .map((file) => ({ rule: RULE, path: folder, problem: `the file ${file} is missing` }));
  const more = tree.paths
    .filter((file) => file.startsWith(`${folder}/src/`) && !/\.test\.ts$/.test(file))
    .filter((file) => file !== `${folder}/src/${name}.ts`)
    .map((file) => ({
      rule: RULE,
      path: file,
      problem: 'a copyable library is one file: move this into it',
    }));
  if (!tree.has(path)) return [...missing, ...more];
  const json = JSON.parse(tree.read(path)) as PackageJson;
  return [...missing, ...more, ...problemsOf(name, json).map((problem) => ({ rule: RULE, path, problem }))];
}

/** Every package under libs/resilience is well-formed: one file, its test, its page, and the agreed package.json. */
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
