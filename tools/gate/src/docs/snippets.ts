/**
 * Code in pages compiles, with the workspace's own options and against the real packages, and runs where the
 * page says so. Errors name the page and its line, not a copy that nobody has.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import ts from 'typescript';
import { runCommand } from '../child-process.ts';
import type { FileTree } from '../file-tree.ts';
import type { Finding } from '../finding.ts';
import { parsePage } from './markdown-page.ts';

const RULE = 'docs-snippets';

/** How long a snippet may run: it is an example, not a program. */
const RUN_TIMEOUT_MS = 10_000;

export interface Snippet {
  /** The page it stands in. */
  readonly path: string;
  readonly firstLine: number;
  readonly code: string;
  readonly runs: boolean;
}

/** Words that may follow `ts` on the opening line of a fence. */
const META_WORDS = new Set(['', 'run']);

/** Every `ts` fence of every page; a word after it that means nothing is a finding, not something to pass over. */
export function extractSnippets(tree: FileTree): { snippets: Snippet[]; findings: Finding[] } {
  const snippets: Snippet[] = [];
  const findings: Finding[] = [];
  for (const path of tree.paths.filter((name) => name.endsWith('.md'))) {
    for (const { language, meta, code, firstLine } of parsePage(tree.read(path)).fences) {
      if (language !== 'ts' && language !== 'typescript') continue;
      if (!META_WORDS.has(meta)) {
        findings.push({
          rule: RULE,
          path,
          line: firstLine - 1,
          problem: `"${meta}" after the language means nothing here: write \`ts\` to have it compiled or \`ts run\` to have it executed too`,
        });
      }
      snippets.push({ path, firstLine, code, runs: meta === 'run' });
    }
  }
  return { snippets, findings };
}

/**
 * Where a snippet would be if it were a file: below the root, so that it finds the packages as any module does,
 * in a folder that git ignores.
 */
export const snippetFile = (root: string, { path, firstLine }: Snippet): string =>
  join(gateFolder(root), 'snippets', `${path.replaceAll('/', '-')}-line-${firstLine}.ts`);

const gateFolder = (root: string): string => join(root, '.nines', 'gate');

function workspaceOptions(root: string): ts.CompilerOptions {
  const file = join(root, 'tsconfig.base.json');
  const { config, error } = ts.readConfigFile(file, (path) => ts.sys.readFile(path)) as {
    config?: unknown;
    error?: ts.Diagnostic;
  };
  if (error !== undefined) throw new Error(ts.flattenDiagnosticMessageText(error.messageText, '\n'));
  const { options } = ts.parseJsonConfigFileContent(config, { ...ts.sys, readDirectory: () => [] }, root);
  return {
    ...options,
    noEmit: true,
    composite: false,
    declaration: false,
    emitDeclarationOnly: false,
    // An example may show a value and not use it; two examples may use the same name.
    noUnusedLocals: false,
    noUnusedParameters: false,
    moduleDetection: ts.ModuleDetectionKind.Force,
  };
}

/** A host that sees the snippets as files without any being written. */
function hostWith(texts: ReadonlyMap<string, string>, options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists, getSourceFile } = host;
  host.readFile = (name) => texts.get(name) ?? readFile.call(host, name);
  host.fileExists = (name) => texts.has(name) || fileExists.call(host, name);
  host.getSourceFile = (name, target, ...rest) => {
    const text = texts.get(name);
    return text === undefined
      ? getSourceFile.call(host, name, target, ...rest)
      : ts.createSourceFile(name, text, target, true);
  };
  return host;
}

/** Type-checks all snippets at once; each is a module of its own. */
export function compileSnippets(root: string, snippets: readonly Snippet[]): Finding[] {
  if (snippets.length === 0) return [];
  const byFile = new Map(snippets.map((snippet) => [snippetFile(root, snippet), snippet]));
  const texts = new Map([...byFile].map(([file, { code }]) => [file, code]));
  const options = workspaceOptions(root);
  const program = ts.createProgram({
    rootNames: [...byFile.keys()],
    options,
    host: hostWith(texts, options),
  });
  return [...byFile].flatMap(([file, { path, firstLine }]) => {
    const source = program.getSourceFile(file);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ start = 0, messageText, code }) => ({
        rule: RULE,
        path,
        line: firstLine + (source?.getLineAndCharacterOfPosition(start).line ?? 0),
        problem: `TS${code}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
      }),
    );
  });
}

/** The line of the snippet that a stack trace names first; 1 when it names none. */
function lineInOutput(output: string, file: string): number {
  const [, after = ''] = output.split(`${file}:`, 2);
  return Number(/^\d+/.exec(after)?.[0] ?? 1);
}

async function runSnippet(root: string, folder: string, snippet: Snippet): Promise<Finding[]> {
  const file = join(folder, basename(snippetFile(root, snippet)));
  writeFileSync(file, snippet.code);
  const { code, output } = await runCommand(process.execPath, ['--conditions=@nines/source', file], {
    cwd: root,
    timeoutMs: RUN_TIMEOUT_MS,
  });
  if (code === 0) return [];
  const line = snippet.firstLine + lineInOutput(output, file) - 1;
  return [
    {
      rule: RULE,
      path: snippet.path,
      line,
      problem: `failed when run (exit code ${code}):\n${output.trim()}`,
    },
  ];
}

/** Executes the snippets marked `run`, one after another: an example may listen on a port or measure a time. */
export async function executeSnippets(root: string, snippets: readonly Snippet[]): Promise<Finding[]> {
  mkdirSync(gateFolder(root), { recursive: true });
  // A folder for each run: whoever checks the same checkout meanwhile must not clear away what this one executes.
  const folder = mkdtempSync(join(gateFolder(root), 'snippets-'));
  try {
    const findings: Finding[] = [];
    for (const snippet of snippets.filter(({ runs }) => runs))
      findings.push(...(await runSnippet(root, folder, snippet)));
    return findings;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
