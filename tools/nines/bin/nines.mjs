#!/usr/bin/env node
/**
 * The executable behind `nines`. It only makes sure of a Node that runs TypeScript, then hands over to
 * src/main.ts in the same process, so that there is one process to interrupt.
 */
const OLDEST_NODE = 22;

if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
  process.stderr.write(
    `nines: this is Node ${process.versions.node}, and the program needs ${OLDEST_NODE} or later. ` +
      'Run `npm run setup` once, then `npx nines ...`, which uses the Node that set-up installed.\n',
  );
  process.exit(2);
}

await import('../src/main.ts');
