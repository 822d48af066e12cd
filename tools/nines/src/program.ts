/**
 * The command line as a whole: the commands, their common behaviour and the mapping from errors to exit codes. A
 * new command is a file in ./commands and a line here.
 */
import { Command, CommanderError } from 'commander';
import { addCommand } from './commands/add.ts';
import { cfnLintCommand } from './commands/cfn-lint.ts';
import { deploymentsCommand } from './commands/deployments.ts';
import { diffCommand } from './commands/diff.ts';
import { gameDayCommand } from './commands/gameday.ts';
import { labCommand } from './commands/lab.ts';
import { loadCommand } from './commands/load.ts';
import { stackCommands } from './commands/stacks.ts';
import { upCommand } from './commands/up.ts';
import { EXIT } from './exit-code.ts';
import type { ExitCode } from './exit-code.ts';
import type { Console } from './terminal/console.ts';

export interface ProgramContext {
  readonly console: Console;
  /** Aborts when the user ends the command. */
  readonly signal: AbortSignal;
}

/** A command adds itself to the program and hands its exit code to `finish`. */
export type AddCommand = (
  program: Command,
  context: ProgramContext,
  finish: (code: ExitCode) => void,
) => void;

const COMMANDS: readonly AddCommand[] = [
  upCommand,
  loadCommand,
  gameDayCommand,
  stackCommands,
  deploymentsCommand,
  cfnLintCommand,
  diffCommand,
  addCommand,
  labCommand,
];

/**
 * Errors that are for the user, in one message: those that we name ourselves (their code is in small letters), and
 * those of the system, such as a full disk. Node's own codes, such as ERR_INVALID_ARG_TYPE, tell of our mistakes.
 */
function isForTheUser(error: unknown): error is Error & { code: string } {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return false;
  return /^[a-z][a-z0-9-]*$/.test(error.code) || 'syscall' in error;
}

/** What a command that could not be run says; anything that is not for the user is ours, with its stack. */
export function describeError(error: unknown): string {
  if (isForTheUser(error)) return `nines: ${error.message} [${error.code}]`;
  return `nines: this is a defect of nines: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

/** Whatever was under way when the user ended the command may have failed in its own way because of that. */
const wasInterrupted = (error: unknown, signal: AbortSignal): boolean =>
  signal.aborted && error instanceof Error && error.name === 'AbortError';

export async function runProgram(
  args: readonly string[],
  context: ProgramContext,
  commands: readonly AddCommand[] = COMMANDS,
): Promise<ExitCode> {
  let code: ExitCode = EXIT.met;
  const program = new Command('nines')
    .description('Reference architectures that prove their nines.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        context.console.result(text);
      },
      writeErr: (text) => {
        context.console.line(text.trimEnd());
      },
    })
    .showSuggestionAfterError()
    .showHelpAfterError('(add --help for what is possible)');
  for (const add of commands)
    add(program, context, (given) => {
      code = given;
    });
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    context.console.settle();
    // Help and version end the parse by an error that is none; commander has printed what there was to say.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.met : EXIT.couldNotRun;
    context.console.line(
      wasInterrupted(error, context.signal) ? 'nines: interrupted. [interrupted]' : describeError(error),
    );
    return EXIT.couldNotRun;
  }
}
