/**
 * A command that uses a guardian and is then killed by a test. Its argument is the program of its child; it writes
 * one line with what it made, and stays.
 */
import { once } from 'node:events';
import { setInterval } from 'node:timers';
import { createGuardian } from '../src/guardian/guardian.ts';

const guardian = createGuardian({ patienceMs: 200 });
const directory = await guardian.makeDirectory('nines-guardian-test-');
const child = guardian.spawn(process.execPath, process.argv.slice(2), {
  stdio: ['ignore', 'pipe', 'ignore'],
  killSignal: 'SIGQUIT',
  env: { ...process.env, DIRECTORY: directory },
});
const [ready] = await once(child.stdout, 'data');
process.stdout.write(`${JSON.stringify({ directory, pid: child.pid, said: String(ready).trim() })}\n`);
setInterval(() => undefined, 1000);
