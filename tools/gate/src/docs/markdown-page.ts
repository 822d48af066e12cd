/**
 * What the gate reads in a Markdown page: links with their lines, anchors that can be linked to, and fenced code.
 * Parsed as GitHub does (micromark with its extensions; anchors by github-slugger), because that is where the
 * pages are read.
 */
import GithubSlugger from 'github-slugger';
import type { Nodes } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { toString } from 'mdast-util-to-string';
import { gfm } from 'micromark-extension-gfm';
import { visit } from 'unist-util-visit';

export interface PageLink {
  readonly url: string;
  readonly line: number;
}

export interface CodeFence {
  /** The word after the backticks, such as `ts`; empty when there is none. */
  readonly language: string;
  /** What follows the word on the same line, such as `run`. */
  readonly meta: string;
  readonly code: string;
  /** Line of the page on which the code's first line stands. */
  readonly firstLine: number;
}

export interface MarkdownPage {
  readonly links: readonly PageLink[];
  readonly anchors: ReadonlySet<string>;
  readonly fences: readonly CodeFence[];
  /** Text such as `[name][ref]` for which the page defines no `ref`, so that it shows as it stands. */
  readonly undefinedReferences: readonly PageLink[];
}

const HTML_ANCHOR = /\s(?:id|name)\s*=\s*["']([^"']+)["']/g;
const HTML_LINK = /\s(?:href|src)\s*=\s*["']([^"']+)["']/g;
const REFERENCE = /\[[^\]]+\]\[([^\]]*)\]/g;

const lineOf = (node: Nodes): number => node.position?.start.line ?? 1;

export function parsePage(text: string): MarkdownPage {
  const links: PageLink[] = [];
  const anchors = new Set<string>();
  const fences: CodeFence[] = [];
  const undefinedReferences: PageLink[] = [];
  const slugger = new GithubSlugger();
  visit(fromMarkdown(text, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] }), (node) => {
    const line = lineOf(node);
    switch (node.type) {
      case 'heading':
        anchors.add(slugger.slug(toString(node)));
        break;
      case 'link':
      case 'image':
      case 'definition':
        links.push({ url: node.url, line });
        break;
      case 'html':
        for (const [, anchor = ''] of node.value.matchAll(HTML_ANCHOR)) anchors.add(anchor);
        for (const [, url = ''] of node.value.matchAll(HTML_LINK)) links.push({ url, line });
        break;
      case 'text':
        for (const [reference] of node.value.matchAll(REFERENCE))
          undefinedReferences.push({ url: reference, line });
        break;
      case 'code':
        fences.push({
          language: node.lang ?? '',
          meta: node.meta ?? '',
          code: node.value,
          firstLine: line + 1,
        });
        break;
      default:
        break;
    }
  });
  return { links, anchors, fences, undefinedReferences };
}
