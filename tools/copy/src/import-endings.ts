/**
 * The endings of a test's imports. A library imports nothing and is copied byte for byte; its test imports it, as
 * './retry.ts' here. TypeScript accepts that only where a project allows it, and './retry.js' everywhere.
 */
import { dirname } from 'node:path';
import ts from 'typescript';

export type ImportEnding = 'ts' | 'js';

const SIBLING = /(\bfrom '\.\/)([a-z0-9-]+)\.ts(';)/g;

/** The names, without ending, of the files beside it that a test imports. */
export const siblingsImportedBy = (content: string): string[] => [
  ...new Set([...content.matchAll(SIBLING)].flatMap(([, , name]) => name ?? [])),
];

/** The test as it is written into a project whose imports have the given ending. */
export const withImportEnding = (content: string, ending: ImportEnding): string =>
  ending === 'ts' ? content : content.replace(SIBLING, `$1$2.${ending}$3`);

/**
 * The ending that the project around a folder type-checks: `.ts` where the nearest tsconfig.json allows it or there
 * is none (then plain Node runs the files, which wants `.ts`), else `.js`.
 */
export function importEndingOf(folder: string): ImportEnding {
  const path = ts.findConfigFile(folder, ts.sys.fileExists);
  if (path === undefined) return 'ts';
  const { config } = ts.readConfigFile(path, ts.sys.readFile) as { config?: unknown };
  const { options } = ts.parseJsonConfigFileContent(config ?? {}, ts.sys, dirname(path));
  const isAllowed = options.allowImportingTsExtensions ?? options.rewriteRelativeImportExtensions ?? false;
  return isAllowed ? 'ts' : 'js';
}
