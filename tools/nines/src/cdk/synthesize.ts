/** One synthesis with the user's settings, from which everything else is done: what is shown is what is deployed. */
import type { TierId } from '@nines/availability';
import { readTier } from '../workspace.ts';
import type { Flavour, SynthesizedTier } from '../workspace.ts';
import { checkSettings, synthArguments } from './cdk-arguments.ts';
import type { CdkSettings } from './cdk-arguments.ts';
import type { RunCdk } from './cdk-cli.ts';

export class SynthesisFailedError extends Error {
  readonly code = 'synthesis-failed';
  override readonly name = 'SynthesisFailedError';
}

export interface SynthesizeOptions {
  readonly tier: TierId;
  /** @default servers */
  readonly flavour?: Flavour;
  readonly settings: CdkSettings;
  /** Folder that the assembly is written to. */
  readonly assembly: string;
  readonly runCdk: RunCdk;
  readonly build: (signal: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
}

/**
 * @throws InputInvalidError for settings that cannot be ones, SynthesisFailedError with what the app said about the
 *   others, an AbortError when the user ended it.
 */
export async function synthesize(options: SynthesizeOptions): Promise<SynthesizedTier> {
  const { tier, flavour, settings, assembly, runCdk, build, signal } = options;
  checkSettings(settings);
  await build(signal);
  const { exitCode, output } = await runCdk({
    args: synthArguments(settings, assembly),
    signal,
    speaks: 'kept',
  });
  signal.throwIfAborted();
  if (exitCode !== 0)
    throw new SynthesisFailedError(`the stacks could not be synthesized:\n${output.trim()}`);
  return readTier(tier, assembly, flavour);
}
