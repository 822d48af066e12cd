// Runs real k6 on the load test's script and reads its JSON lines, for the tests beside this file.
import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../src/k6/shop.ts', import.meta.url));
const PROVISION = fileURLToPath(new URL('../../tools/k6/provision-k6.mjs', import.meta.url));

/** A line of k6's JSON output that is a sample. */
export interface Point {
  readonly metric: string;
  readonly data: {
    readonly time: string;
    readonly value: number;
    readonly tags: Readonly<Record<string, string>>;
    readonly metadata?: Readonly<Record<string, string>>;
  };
}

export interface K6Run {
  readonly exitCode: number;
  /** The samples of the two metrics that others read: shop_request and dropped_iterations. */
  readonly requests: readonly Point[];
  readonly dropped: number;
  readonly errors: string;
}

/** The path of k6, provided by the tool in a process of its own, because load tests import nothing of ours. */
export async function providedK6(): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [PROVISION]);
  return stdout.trim();
}

/** What `k6 inspect` makes of the script: its options, or why it refuses. */
export async function inspect(
  k6: string,
  environment: Readonly<Record<string, string>>,
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  return await run(k6, ['inspect', ...asFlags(environment), SCRIPT]);
}

/** Runs the script and waits for its end. */
export async function runShop(
  k6: string,
  environment: Readonly<Record<string, string>>,
  flags: readonly string[] = [],
): Promise<K6Run> {
  const common = ['run', '--quiet', '--no-usage-report', '--summary-mode=disabled', '--out', 'json=-'];
  const { exitCode, stdout, stderr } = await run(k6, [...common, ...flags, ...asFlags(environment), SCRIPT]);
  const points = stdout
    .split('\n')
    .filter((line) => line.includes('"type":"Point"'))
    .map((line) => JSON.parse(line) as Point);
  const dropped = points.filter(({ metric }) => metric === 'dropped_iterations');
  return {
    exitCode,
    requests: points.filter(({ metric }) => metric === 'shop_request'),
    dropped: dropped.reduce((sum, { data }) => sum + data.value, 0),
    errors: stderr,
  };
}

/** How many of the items have each name. */
export function countBy<Item>(items: readonly Item[], name: (item: Item) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[name(item)] = (counts[name(item)] ?? 0) + 1;
  return counts;
}

function asFlags(environment: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(environment).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
}

function run(
  command: string,
  args: readonly string[],
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ exitCode: code ?? -1, stdout, stderr });
    });
  });
}
