import { expect, it } from 'vitest';
import { FaultLinks } from './fault-links.ts';

const linkInto = (seen: string[], name: string) => ({
  partition: () => seen.push(`${name} cut`),
  heal: () => seen.push(`${name} healed`),
});

it('cuts and heals every link at once, and those from the start that come while all are cut', () => {
  const seen: string[] = [];
  const links = new FaultLinks();
  links.add(linkInto(seen, 'a'));
  expect(seen).toEqual([]);
  links.setReachable(false);
  links.add(linkInto(seen, 'b'));
  expect(seen).toEqual(['a cut', 'b cut']);
  links.setReachable(true);
  links.add(linkInto(seen, 'c'));
  expect(seen).toEqual(['a cut', 'b cut', 'a healed', 'b healed']);
});
