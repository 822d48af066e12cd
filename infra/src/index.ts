/**
 * The stacks as a library, for a team that composes them into an app of its own. `bin/nines.ts` is ours.
 */
export { ThreeNinesStack, type ThreeNinesStackProps } from './stacks/servers/three-nines-stack.ts';
export { FourNinesStack, type FourNinesStackProps } from './stacks/servers/four-nines-stack.ts';
export { TwoNinesStack, type TwoNinesStackProps } from './stacks/servers/two-nines-stack.ts';
export { readSingleZoneSettings, type SingleZoneSettings } from './settings/single-zone-settings.ts';
export { createFiveNines } from './stacks/servers/five-nines-stacks.ts';
export { createWarmStandby, type MultiRegionStacks } from './stacks/servers/warm-standby-stacks.ts';
export { type MultiRegionSettings, readMultiRegionSettings } from './settings/multi-region-settings.ts';
export { type DeploymentSettings, readSettings } from './settings/settings.ts';
export { SettingsInvalidError } from './settings/settings-invalid-error.ts';
export { ApplicationBundleMissingError } from './constructs/application-bundle.ts';
