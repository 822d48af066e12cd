/**
 * Finds the service unit in what an instance runs at its first start: user data that writes files by
 * here-documents, cloud-config's `write_files`, or `AWS::CloudFormation::Init`.
 */
import { asObject, asText, at, byText } from './json.ts';
import type { NoteSink } from './settings.ts';
import { parseUnit, readServiceUnit } from './systemd-unit.ts';
import type { InstanceProcess } from './topology.ts';

interface WrittenFile {
  readonly path: string;
  readonly text: string;
  /** Whether the text is added to what the file holds already. */
  readonly isAppended?: boolean;
}

// Not `<<<`, which is a string and ends with its line.
const HERE_DOCUMENT = /(?<!<)<<(?!<)(-?)\s*(\\?)(["']?)([A-Za-z_][A-Za-z0-9_]*)\3/;
const REDIRECT = /(?:>>?|\btee\b(?:\s+-a)?)\s*["']?(\/[^\s"'<>|&;]+)/;

/** Where a unit is taken to be written when the path is made up at run time, such as `cat > "$unit" <<EOF`. */
const UNKNOWN_UNIT_PATH = '/etc/systemd/system/unnamed.service';

/** Files written by `cat > path <<EOF` and `tee path <<EOF`. */
export function hereDocuments(script: string): WrittenFile[] {
  const files: WrittenFile[] = [];
  const lines = script.split(/\r?\n/);
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    const [start, dash, backslash, quote, delimiter] = HERE_DOCUMENT.exec(line) ?? [];
    if (start === undefined) continue;
    const strip = (text: string): string => (dash === '-' ? text.replace(/^\t+/, '') : text);
    const end = lines.findIndex((text, at) => at > index && strip(text) === delimiter);
    // Without its delimiter it is no here-document: an arithmetic shift looks the same.
    if (end === -1) continue;
    const body = lines
      .slice(index + 1, end)
      .map(strip)
      .join('\n');
    index = end;
    const redirect = REDIRECT.exec(line);
    const path = redirect?.[1] ?? (parseUnit(body).has('Service') ? UNKNOWN_UNIT_PATH : undefined);
    if (path === undefined) continue;
    const isLiteral = quote !== '' || backslash !== '';
    // In a document whose delimiter is not quoted the shell takes these escapes away.
    const text = isLiteral ? body : body.replace(/\\([$`\\])/g, '$1').replace(/\\\n/g, '');
    files.push({ path, text, isAppended: /^>>|-a\b/.test(redirect?.[0] ?? '') });
  }
  return files;
}

const indentOf = (line: string): number => line.search(/\S/);

/** The lines of the list item that the line at `index` belongs to, its block of content left out. */
function itemAround(lines: readonly string[], index: number, afterBlock: number): string[] {
  const startsItem = (line: string): boolean => /^\s*- /.test(line);
  let first = index;
  while (first > 0 && !startsItem(lines[first] ?? '')) first -= 1;
  let last = afterBlock;
  while (last < lines.length && !startsItem(lines[last] ?? '') && indentOf(lines[last] ?? '') > 0) last += 1;
  return [...lines.slice(first, index), ...lines.slice(afterBlock, last)];
}

/** Files of a cloud-config document: `- path: /etc/x` with `content: |` and an indented block. */
export function cloudConfigFiles(document: string): WrittenFile[] {
  const files: WrittenFile[] = [];
  const lines = document.split(/\r?\n/);
  for (let index = 0; index < lines.length; index += 1) {
    const key = /^(\s*(?:- )?)content:\s*[|>][+-]?\s*$/.exec(lines[index] ?? '');
    if (key === null) continue;
    const column = (key[1] ?? '').length;
    const isInside = (line: string): boolean => line.trim() === '' || indentOf(line) > column;
    let end = index + 1;
    while (end < lines.length && isInside(lines[end] ?? '')) end += 1;
    const body = lines.slice(index + 1, end);
    const depth = Math.min(...body.filter((line) => line.trim() !== '').map(indentOf));
    const path = itemAround(lines, index, end)
      .map((line) => /^\s*(?:- )?path:\s*["']?([^\s"']+)/.exec(line)?.[1])
      .find((found) => found !== undefined);
    if (path !== undefined) files.push({ path, text: body.map((line) => line.slice(depth)).join('\n') });
    index = end - 1;
  }
  return files;
}

/** Files of the resource's `AWS::CloudFormation::Init` metadata. */
function initFiles(metadata: unknown): WrittenFile[] {
  const init = asObject(at(metadata, 'AWS::CloudFormation::Init'));
  return Object.keys(init)
    .sort(byText)
    .flatMap((config) => {
      const files = asObject(at(init, config, 'files'));
      return Object.keys(files)
        .sort(byText)
        .map((path) => ({ path, text: asText(at(files, path, 'content')) ?? '' }));
    });
}

/** User data in a hand-written template may be base64 already; `Fn::Base64` has been rendered to plain text. */
export function plainUserData(userData: string): string {
  const compact = userData.trim();
  if (compact.length < 16 || !/^[A-Za-z0-9+/\s]+={0,2}$/.test(compact)) return userData;
  try {
    const bytes = Uint8Array.from(atob(compact), (character) => character.charCodeAt(0));
    return new TextDecoder().decode(bytes);
  } catch {
    return userData;
  }
}

/** Every file once, with what was added to it later. */
function mergeFiles(files: readonly WrittenFile[]): WrittenFile[] {
  const texts = new Map<string, string>();
  for (const { path, text, isAppended } of files) {
    const before = texts.get(path);
    texts.set(path, isAppended === true && before !== undefined ? `${before}\n${text}` : text);
  }
  return [...texts].map(([path, text]) => ({ path, text }));
}

const UNIT_PATH = /\/systemd\/.*?([^/]+\.service)(?:\.d\/[^/]+\.conf)?$/;

/** Unit name to text; a drop-in (`x.service.d/y.conf`) is appended to its unit, as systemd reads it. */
function unitTexts(files: readonly WrittenFile[]): Map<string, string> {
  const units = new Map<string, string>();
  for (const { path, text } of files) {
    const name = UNIT_PATH.exec(path)?.[1];
    if (name === undefined) continue;
    const isDropIn = path.endsWith('.conf');
    units.set(name, isDropIn ? `${units.get(name) ?? ''}\n${text}` : text);
  }
  return units;
}

/** A unit that runs once and ends is a step of the set-up, not the process that serves. */
function isLongRunning(text: string): boolean {
  const service = parseUnit(text).get('Service');
  return service !== undefined && service.get('Type')?.at(-1) !== 'oneshot' && service.has('ExecStart');
}

/**
 * The process that an instance serves with, or `undefined` when no unit is written.
 *
 * @param metadata Metadata of the resources that may hold `AWS::CloudFormation::Init`.
 */
export function readInstanceProcess(
  userData: string,
  metadata: readonly unknown[],
  note: NoteSink,
  defaulted: (path: string) => void,
): InstanceProcess | undefined {
  const script = plainUserData(userData);
  const files = mergeFiles([
    ...hereDocuments(script),
    ...cloudConfigFiles(script),
    ...metadata.flatMap(initFiles),
  ]);
  const units = [...unitTexts(files)].filter(([, text]) => isLongRunning(text));
  const setsEnvironment = units.filter(([, text]) => /^\s*Environment(File)?=/m.test(text));
  const [chosen] = setsEnvironment.length > 0 ? setsEnvironment : units;
  if (chosen === undefined) return undefined;
  if (units.length > 1) {
    note(`writes ${String(units.length)} service units; ${chosen[0]} is read as the process that serves`);
  }
  return readServiceUnit(chosen[0], chosen[1], {
    environmentFile: (path) => files.find((file) => file.path === path)?.text,
    note,
    defaulted,
  });
}
