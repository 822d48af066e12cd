/**
 * The CDK app: the only place where stacks are put together. `npx cdk deploy nines-three-nines` from `infra/`.
 * Settings come from context (README.md) and are checked before anything is synthesized.
 */
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { ApplicationBundleMissingError } from '../constructs/application-bundle.ts';
import { featureFlags } from '../settings/feature-flags.ts';
import { SettingsInvalidError } from '../settings/settings-invalid-error.ts';
import { readMultiRegionSettings } from '../settings/multi-region-settings.ts';
import { readServerlessSettings } from '../settings/serverless-settings.ts';
import { readSettings } from '../settings/settings.ts';
import { readSingleZoneSettings } from '../settings/single-zone-settings.ts';
import {
  createServerlessFiveNines,
  createServerlessWarmStandby,
} from '../stacks/serverless/multi-region-tiers.ts';
import { createServerlessTiers } from '../stacks/serverless/serverless-tiers.ts';
import { createFiveNines } from '../stacks/servers/five-nines-stacks.ts';
import { FourNinesStack } from '../stacks/servers/four-nines-stack.ts';
import { ThreeNinesStack } from '../stacks/servers/three-nines-stack.ts';
import { createWarmStandby } from '../stacks/servers/warm-standby-stacks.ts';
import { TwoNinesStack } from '../stacks/servers/two-nines-stack.ts';

/** The exit code of a run that could not begin, as everywhere in this repository. */
const COULD_NOT_RUN = 2;

function composeApp(): App {
  const app = new App({ context: { ...featureFlags() } });
  const context: Readonly<Record<string, unknown>> = app.node.getAllContext();
  const settings = readSettings(context);
  new TwoNinesStack(app, 'nines-two-nines', { settings: readSingleZoneSettings(context, settings) });
  new ThreeNinesStack(app, 'nines-three-nines', { settings });
  new FourNinesStack(app, 'nines-four-nines', { settings });
  const regions = readMultiRegionSettings(context, settings);
  createWarmStandby(app, regions);
  createFiveNines(app, regions);
  createServerlessTiers(app, settings);
  const serverless = readServerlessSettings(context, regions);
  createServerlessWarmStandby(app, serverless);
  createServerlessFiveNines(app, serverless);
  // A finding that nobody has acknowledged stops the synthesis.
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return app;
}

try {
  composeApp().synth();
} catch (error) {
  if (!(error instanceof SettingsInvalidError || error instanceof ApplicationBundleMissingError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = COULD_NOT_RUN;
}
