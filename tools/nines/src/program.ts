/**
 * The command line as a whole: the commands, their common behaviour and the mapping from errors to exit codes. A
 * new command is a file in ./commands and a line here.
 */
import { Command, CommanderError } from 'commander';
import { gameDayCommand } from './commands/gameday.ts';
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

const COMMANDS: readonly AddCommand[] = [gameDayCommand];

const CODED = (error: unknown): error is Error & { code: string } =>
  error instanceof Error && typeof (error as { code?: unknown }).code === 'string';

/** Errors that we name ourselves are for the user, in one message; anything else is ours, with its stack. */
function describe(error: unknown): string {
  if (CODED(error)) return `nines: ${error.message} [${error.code}]`;
  return `nines: this is a defect of nines: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}

export async function runProgram(args: readonly string[], context: ProgramContext): Promise<ExitCode> {
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
  for (const add of COMMANDS)
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
    context.console.line(describe(error));
    return EXIT.couldNotRun;
  }
}
