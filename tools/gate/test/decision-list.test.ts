import { expect, it } from 'vitest';
import { renderDecisionList } from '../src/decision-list.ts';
import { createFileTree } from '../src/file-tree.ts';

it('lists every record by its number and title, and not its own page', () => {
  const tree = createFileTree({
    'docs/adr/README.md': '# Decisions',
    'docs/adr/0010-later.md': '# 10. Later, but decided\n\nText',
    'docs/adr/0002-first.md': '# Two things first\n',
    'docs/adr/0011-untitled.md': 'Text',
    'docs/architecture.md': '# Architecture',
  });
  expect(renderDecisionList(tree)).toBe(
    '- [0002](0002-first.md) Two things first\n' +
      '- [0010](0010-later.md) Later, but decided\n' +
      '- [0011](0011-untitled.md) 0011-untitled',
  );
});
