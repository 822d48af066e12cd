import ts from 'typescript';
import { lineAt, type Finding } from '../finding.ts';
import type { TidyRule } from './rule.ts';

const RULE = 'unfinished-work';

/** Written in two pieces, because this file is under its own rule. */
const MARKERS = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X'].join('|')})\\b`, 'g');

const TEXT_FILE = /\.(ts|mts|mjs|js|json|md|ya?ml|go|sql|py|sh|html|css)$/;
const TEST_FILE = /\.test\.ts$/;

/** Functions of the test runner whose modifiers leave tests out. */
const RUNNERS = new Set(['it', 'test', 'describe', 'suite', 'bench']);
const LEAVES_OUT = new Set(['only', 'skip', 'todo']);

function markers(path: string, text: string): Finding[] {
  return [...text.matchAll(MARKERS)].map((match) => ({
    rule: RULE,
    path,
    line: lineAt(text, match.index),
    problem: `"${match[0]}" marks work that is not done: do it, or write an issue and leave the mark out`,
  }));
}

/** The name at the far left of `describe.concurrent.only`. */
function rootName(node: ts.Expression): string | undefined {
  if (ts.isIdentifier(node)) return node.text;
  if (ts.isPropertyAccessExpression(node)) return rootName(node.expression);
  return ts.isCallExpression(node) ? rootName(node.expression) : undefined;
}

function leftOutTests(path: string, text: string): Finding[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const findings: Finding[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAccessExpression(node) && LEAVES_OUT.has(node.name.text)) {
      const root = rootName(node.expression);
      if (root !== undefined && RUNNERS.has(root)) {
        findings.push({
          rule: RULE,
          path,
          line: lineAt(text, node.name.getStart()),
          problem: `.${node.name.text} leaves tests out: every test runs, every time`,
        });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return findings;
}

/** Nothing in the repository is marked as unfinished, and no test is left out. */
export const unfinishedWork: TidyRule = {
  name: RULE,
  check: (tree) =>
    tree.paths
      .filter((path) => TEXT_FILE.test(path) && path !== 'package-lock.json')
      .flatMap((path) => {
        const text = tree.read(path);
        return [...markers(path, text), ...(TEST_FILE.test(path) ? leftOutTests(path, text) : [])];
      }),
};
