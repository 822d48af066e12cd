/**
 * HTML as a value that remembers what is safe. Everything put into an `html` template is escaped, unless it is
 * itself the result of one; so a string from a result, a template or a machine can never become markup.
 */
import { createHash } from 'node:crypto';

const MARKUP = Symbol('markup');

export interface Html {
  readonly [MARKUP]: string;
}

export type HtmlPart = Html | string | number | readonly HtmlPart[];

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (sign) => ESCAPES[sign] ?? sign);

const isHtml = (part: HtmlPart): part is Html => typeof part === 'object' && MARKUP in part;

function markup(part: HtmlPart): string {
  if (typeof part === 'string' || typeof part === 'number') return escapeHtml(String(part));
  return isHtml(part) ? part[MARKUP] : part.map(markup).join('');
}

/** Attribute values must stand in double quotes in the template; the escaping covers these. */
export function html(strings: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
  return { [MARKUP]: String.raw({ raw: strings }, ...parts.map(markup)) };
}

export const toText = (page: Html): string => page[MARKUP];

const JSON_ESCAPES: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

/** Data for a script, in an element that browsers do not execute and that no string in it can end. */
export function dataElement(id: string, data: unknown): Html {
  const json = JSON.stringify(data).replaceAll(/[<>&\u2028\u2029]/g, (sign) => JSON_ESCAPES[sign] ?? sign);
  return { [MARKUP]: `<script type="application/json" id="${escapeHtml(id)}">${json}</script>` };
}

/** Our own code and styles, which stand in the page as they are: never for anything from outside. */
export interface OwnCode {
  readonly element: Html;
  /** The content's hash in the form in which a Content-Security-Policy allows it. */
  readonly hash: string;
}

function ownCode(tag: 'script' | 'style', text: string): OwnCode {
  if (new RegExp(`</${tag}`, 'i').test(text)) throw new Error(`the ${tag} would end its own element`);
  const hash = createHash('sha256').update(text).digest('base64');
  return { element: { [MARKUP]: `<${tag}>${text}</${tag}>` }, hash: `'sha256-${hash}'` };
}

export const ownScript = (text: string): OwnCode => ownCode('script', text);
export const ownStyle = (text: string): OwnCode => ownCode('style', text);
