import { describe, expect, it } from 'vitest';
import { replaceMarkedPart } from '../src/marked-part.ts';

const START = '<!-- generated:tiers:start -->';
const END = '<!-- generated:tiers:end -->';

describe('a page of which one part is generated', () => {
  it('keeps everything outside the markers as it was', () => {
    const page = `# Title\n\n${START}\nold\n${END}\n\nBy hand.\n`;
    expect(replaceMarkedPart(page, 'tiers', '| new |\n')).toBe(
      `# Title\n\n${START}\n\n| new |\n\n${END}\n\nBy hand.\n`,
    );
  });

  it('is written the same the second time', () => {
    const once = replaceMarkedPart(`${START}${END}`, 'tiers', 'table');
    expect(replaceMarkedPart(once, 'tiers', 'table')).toBe(once);
  });

  it('takes content as it is, even where it looks like a replacement pattern', () => {
    expect(replaceMarkedPart(`${START}${END}`, 'tiers', "$& $' $1")).toContain("$& $' $1");
  });

  it.each([
    ['no markers', 'text'],
    ['no end', START],
    ['no start', END],
    ['markers in the wrong order', END + START],
    ['two of them', START + END + START + END],
  ])('refuses a page with %s', (_, page) => {
    expect(() => replaceMarkedPart(page, 'tiers', 'table')).toThrow('generated:tiers:start');
  });
});
