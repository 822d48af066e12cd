/** Which libraries are measured beside ours: the development dependencies of this project, pinned to a version. */
import { readFileSync } from 'node:fs';

/** Types of a peer are no peer. */
const isPeer = ([name]: readonly [string, string]) => !name.startsWith('@types/');

export function readPeers(): string[] {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  const { devDependencies } = JSON.parse(text) as { devDependencies: Record<string, string> };
  return Object.entries(devDependencies)
    .filter(isPeer)
    .map(([name, version]) => `${name} ${version}`);
}
