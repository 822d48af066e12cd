/** What the contestants are made of, in which versions, as package.json pins them. */
import { readFileSync } from 'node:fs';

const NAMED = [
  '@aws-lambda-powertools/idempotency',
  '@aws-lambda-powertools/logger',
  '@aws-lambda-powertools/metrics',
  '@aws-sdk/client-dynamodb',
  'hono',
];

export function readVersions(): readonly string[] {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { dependencies, devDependencies } = JSON.parse(text) as Record<string, Record<string, string>>;
  const all = { ...dependencies, ...devDependencies };
  return NAMED.map((name) => `${name} ${all[name] ?? 'missing'}`);
}
