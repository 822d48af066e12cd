/**
 * The guardian: a process of its own that outlives the command which started it just long enough to clean up.
 * It reads lines from standard input (`+pid 12`, `-pid 12`, `+dir /tmp/x`, `-dir /tmp/x`); when the input ends,
 * however the command ended (finished, crashed, killed, its terminal closed), it kills every process group that
 * is still listed and removes every folder. Plain JavaScript, so that it starts in a moment.
 */
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';

// Ctrl-C and a closed terminal are for the command; the guardian's own end is the end of its input.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);

const groups = new Set();
const directories = new Set();
const actions = {
  '+pid': (value) => groups.add(Number(value)),
  '-pid': (value) => groups.delete(Number(value)),
  '+dir': (value) => directories.add(value),
  '-dir': (value) => directories.delete(value),
};

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const space = line.indexOf(' ');
  actions[line.slice(0, space)]?.(line.slice(space + 1));
});
lines.on('close', () => {
  for (const group of groups) kill(group);
  removeAll();
  process.exit(0);
});

function kill(group) {
  for (const id of [-group, group]) {
    try {
      process.kill(id, 'SIGKILL');
    } catch (error) {
      // Already gone is what we want; anything else cannot be mended from here.
      if (error.code !== 'ESRCH' && error.code !== 'EPERM') throw error;
    }
  }
}

/** A process that was killed a moment ago may still be writing into its folder, so removal is tried again. */
function removeAll() {
  for (const directory of directories) {
    rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}
