/**
 * The guardian: a process of its own that outlives the command which started it just long enough to clean up.
 * It reads lines from standard input (`+pid 12 SIGKILL`, `-pid 12`, `+dir /tmp/x`); when the input ends, however
 * the command ended (finished, crashed, killed, its terminal closed), it ends every process group that is still
 * listed by the signal named with it, kills what is left of them and removes every folder. Plain JavaScript, so
 * that it starts in a moment.
 */
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

/** What has not obeyed its own signal by then is killed. */
const patienceMs = Number(process.argv[2]);
const POLL_MS = 20;

// Ctrl-C and a closed terminal are for the command; the guardian's own end is the end of its input.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);

const groups = new Map();
const directories = new Set();
const actions = {
  '+pid': (value) => {
    const [group, signal] = value.split(' ');
    groups.set(Number(group), signal);
  },
  '-pid': (value) => groups.delete(Number(value)),
  '+dir': (value) => directories.add(value),
};

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const space = line.indexOf(' ');
  actions[line.slice(0, space)]?.(line.slice(space + 1));
});
lines.on('close', async () => {
  let left = [...groups].filter(([group, signal]) => reaches(group, signal)).map(([group]) => group);
  for (let waitedMs = 0; left.length > 0 && waitedMs < patienceMs; waitedMs += POLL_MS) {
    await delay(POLL_MS);
    left = left.filter((group) => reaches(group, 0));
  }
  for (const group of left) reaches(group, 'SIGKILL');
  removeAll();
  process.exit(0);
});

/** Sends the signal to the group; false when there is no such group, or none that we may end. */
function reaches(group, signal) {
  try {
    process.kill(-group, signal);
    return true;
  } catch {
    return false;
  }
}

/** A process that was killed a moment ago may still be writing into its folder, so removal is tried again. */
function removeAll() {
  for (const directory of directories) {
    rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}
