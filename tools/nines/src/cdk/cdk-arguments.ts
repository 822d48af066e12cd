/**
 * Arguments of the CDK's command line, as a list: no shell takes part, so nothing has to be quoted. What comes from the
 * user is checked here, so that none of it can be taken for an option.
 */
import { InputInvalidError } from '../exit-code.ts';

export interface CdkSettings {
  readonly profile?: string;
  /** Settings of the deployment, `name=value` each; infra knows which there are and what they may be. */
  readonly context: readonly string[];
}

const PROFILE = /^[A-Za-z0-9_][A-Za-z0-9_.@/+=-]{0,127}$/;
/** Only settings of infra: keys with a colon or an at sign belong to the CDK and are fixed in cdk.json. */
const SETTING = /^[A-Za-z][A-Za-z0-9]*=[^\r\n]*$/;

/** @throws InputInvalidError naming what is wrong. */
export function checkSettings({ profile, context }: CdkSettings): void {
  if (profile !== undefined && !PROFILE.test(profile)) {
    throw new InputInvalidError(
      `"${profile}" is no name of an AWS profile: letters, digits and _.@/+=- are allowed.`,
    );
  }
  for (const setting of context) {
    if (!SETTING.test(setting)) {
      throw new InputInvalidError(
        `"${setting}" is no setting; write -c name=value, such as -c data=destroy (infra/README.md lists them).`,
      );
    }
  }
}

export const synthArguments = ({ context }: CdkSettings, output: string): string[] => [
  'synth',
  '--quiet',
  '--no-notices',
  '--output',
  output,
  ...context.flatMap((setting) => ['--context', setting]),
];

/** What is done with stacks that are synthesized already. */
export type CdkAction = 'deploy' | 'diff' | 'destroy';

export interface ActionOptions {
  readonly assembly: string;
  readonly stacks: readonly string[];
  readonly profile?: string;
  /** Nobody is asked. */
  readonly yes?: boolean;
}

const UNASKED: Readonly<Record<CdkAction, readonly string[]>> = {
  deploy: ['--require-approval', 'never'],
  diff: [],
  destroy: ['--force'],
};

export const actionArguments = (
  action: CdkAction,
  { assembly, stacks, profile, yes = false }: ActionOptions,
): string[] => [
  action,
  '--no-notices',
  '--app',
  assembly,
  ...(profile === undefined ? [] : ['--profile', profile]),
  ...(yes ? UNASKED[action] : []),
  ...stacks,
];
