/** Compiles all packages at once: each `src/<file>.ts` becomes `dist/<file>.js` and `.d.ts`, with their maps. */
import { basename, join } from 'node:path';
import ts from 'typescript';
import { PACKAGES, ROOT } from './published-packages.ts';
import type { PublishedPackage } from './published-packages.ts';

export class CompilationFailedError extends Error {
  readonly code = 'compilation-failed';
  override readonly name = 'CompilationFailedError';
}

/** What runs in Node 20 and in today's browsers as it is; no ambient types but those of the language and the DOM. */
const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
  types: [],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  verbatimModuleSyntax: true,
  rewriteRelativeImportExtensions: true,
  declaration: true,
  declarationMap: true,
  sourceMap: true,
  newLine: ts.NewLineKind.LineFeed,
  noEmitOnError: true,
  rootDir: ROOT,
};

/** Maps name the source as it lies in the package, so that an editor opens what was written. */
function withPackagedSource(path: string, text: string): string {
  if (!path.endsWith('.map')) return text;
  const map = JSON.parse(text) as { sources: string[] };
  return JSON.stringify({ ...map, sources: map.sources.map((source) => `../src/${basename(source)}`) });
}

/**
 * @throws {CompilationFailedError} with TypeScript's findings; nothing is written then
 */
export function compilePackages(packages: readonly PublishedPackage[]): void {
  const owners = new Map(
    packages.flatMap(({ name, folder, sources }) =>
      sources.map((file) => [join(folder, 'src', file), name] as const),
    ),
  );
  const program = ts.createProgram([...owners.keys()], OPTIONS);
  const { diagnostics } = program.emit(undefined, (path, text, _bom, _onError, sources) => {
    const [source] = sources ?? [];
    const owner = owners.get(join(source?.fileName ?? ''));
    if (owner === undefined) throw new CompilationFailedError(`${path} belongs to no package.`);
    ts.sys.writeFile(join(PACKAGES, owner, 'dist', basename(path)), withPackagedSource(path, text));
  });
  const findings = [...ts.getPreEmitDiagnostics(program), ...diagnostics];
  if (findings.length === 0) return;
  throw new CompilationFailedError(
    ts.formatDiagnostics(findings, {
      getCanonicalFileName: (name) => name,
      getCurrentDirectory: () => ROOT,
      getNewLine: () => '\n',
    }),
  );
}
