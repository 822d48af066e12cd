/**
 * Links inside the repository lead somewhere: the file is there (as git has it, so that a link to something
 * ignored or generated is found out), and so is the heading. Links to other sites are only parsed: the gate must
 * give the same answer without a network.
 */
import { posix } from 'node:path';
import type { FileTree } from '../file-tree.ts';
import type { Finding } from '../finding.ts';
import { parsePackageJson } from '../projects.ts';
import { parsePage, type MarkdownPage, type PageLink } from './markdown-page.ts';

const RULE = 'docs-links';

const HAS_SCHEME = /^[a-z][a-z0-9+.-]*:/i;
const LINE_ANCHOR = /^L\d+(-L\d+)?$/;
const NPM_RUN = /\bnpm run ([\w:-]+)/g;
const SHELLS = new Set(['sh', 'bash', 'shell', 'console', '']);

type Pages = ReadonlyMap<string, MarkdownPage>;

function problemOfExternal(url: string): string | undefined {
  return URL.canParse(url) ? undefined : `"${url}" is not a valid address`;
}

/** Percent-escapes undone; an address that cannot be undone is kept, and found not to exist. */
function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** The path that a link leads to, from the root; `''` is the root itself. */
function targetOf(url: string, from: string): string {
  const path = decode(url.split(/[?#]/, 1)[0] ?? '');
  const base = path.startsWith('/') ? '' : posix.dirname(from);
  const joined = path === '' ? from : posix.normalize(posix.join(base, path)).replace(/\/$/, '');
  return joined === '.' ? '' : joined.replace(/^\//, '');
}

function problemOfLocal(url: string, from: string, tree: FileTree, pages: Pages): string | undefined {
  const [, anchor] = url.split('#', 2);
  const target = targetOf(url, from);
  if (target.startsWith('..')) return `"${url}" leads out of the repository`;
  if (!tree.has(target) && !tree.hasFolder(target))
    return `"${url}" leads to ${target}, which does not exist`;
  if (anchor === undefined || anchor === '' || (LINE_ANCHOR.test(anchor) && !target.endsWith('.md')))
    return undefined;
  const page = pages.get(target) ?? pages.get(posix.join(target, 'README.md'));
  if (page === undefined) return `"${url}" names a heading in something that has no headings`;
  return page.anchors.has(decode(anchor)) ? undefined : `"${url}": no heading there is called "#${anchor}"`;
}

function checkPage(path: string, page: MarkdownPage, tree: FileTree, pages: Pages): Finding[] {
  const finding = ({ line }: PageLink, problem: string): Finding => ({ rule: RULE, path, line, problem });
  const broken = page.links.flatMap((link) => {
    const problem = HAS_SCHEME.test(link.url)
      ? problemOfExternal(link.url)
      : problemOfLocal(link.url, path, tree, pages);
    return problem === undefined ? [] : [finding(link, problem)];
  });
  const undefinedOnes = page.undefinedReferences.map((link) =>
    finding(link, `${link.url} refers to a link that the page does not define`),
  );
  return [...broken, ...undefinedOnes];
}

/** Commands that a page tells its reader to type exist. */
function checkCommands(
  path: string,
  page: MarkdownPage,
  scripts: Readonly<Record<string, string>>,
): Finding[] {
  return page.fences
    .filter(({ language }) => SHELLS.has(language))
    .flatMap(({ code, firstLine }) =>
      code.split('\n').flatMap((text, index) =>
        [...text.matchAll(NPM_RUN)]
          .filter(([, script = '']) => !(script in scripts))
          .map(([command]) => ({
            rule: RULE,
            path,
            line: firstLine + index,
            problem: `"${command}" names a script that the root package.json does not have`,
          })),
      ),
    );
}

/** A page of docs/ that no other page links to has no reader. */
function checkOrphans(pages: Pages): Finding[] {
  const linked = new Set(
    [...pages].flatMap(([from, { links }]) =>
      links.map(({ url }) => targetOf(url, from)).filter((target) => target !== from),
    ),
  );
  const isLinked = (path: string): boolean =>
    linked.has(path) || (path.endsWith('/README.md') && linked.has(posix.dirname(path)));
  return [...pages.keys()]
    .filter((path) => path.startsWith('docs/') && path !== 'docs/README.md' && !isLinked(path))
    .map((path) => ({
      rule: RULE,
      path,
      problem: 'no other page links to this one: list it in docs/README.md or in the README.md of its folder',
    }));
}

export function checkLinks(tree: FileTree): Finding[] {
  const pages = new Map(
    tree.paths.filter((path) => path.endsWith('.md')).map((path) => [path, parsePage(tree.read(path))]),
  );
  const scripts = tree.has('package.json') ? (parsePackageJson(tree, 'package.json').scripts ?? {}) : {};
  const findings = [...pages].flatMap(([path, page]) => [
    ...checkPage(path, page, tree, pages),
    ...checkCommands(path, page, scripts),
  ]);
  return [...findings, ...checkOrphans(pages)];
}
