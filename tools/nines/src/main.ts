/** Starts the command line; the only place that touches the process itself. */
import { createConsole } from './terminal/console.ts';
import { interruptSignal } from './interruption.ts';
import { runProgram } from './program.ts';
import { endOnUnexpectedErrors } from './unexpected-errors.ts';

const console = createConsole(process);
endOnUnexpectedErrors(process, console);
const { signal, dispose } = interruptSignal();
process.exitCode = await runProgram(process.argv.slice(2), { console, signal });
dispose();
