export { startEmulator, EmulatorRequestError } from './emulator.ts';
export type { Emulator, FunctionProcess, Inventory, StartEmulatorOptions } from './emulator.ts';
export { createEmulatorCdk, DeploymentFailedError, TypeNotListedError } from './cdk.ts';
export type { EmulatorCdk, EmulatorCdkOptions, StackOutputs } from './cdk.ts';
export { filterAssembly } from './filter-assembly.ts';
export type { FilterAssemblyOptions, FilteredStack } from './filter-assembly.ts';
export { LACKING, LACKING_TYPES } from './lacking-types.ts';
export type { Lacking, LackingAttribute, LackingType } from './lacking-types.ts';
export { createServerlessCloud, SERVERLESS_STAND_INS } from './serverless-cloud.ts';
export { ServerlessCloudStartError } from './serverless-region.ts';
export type { KillFunctionOptions } from './serverless-region.ts';
export type {
  ServerlessCloud,
  ServerlessCloudOptions,
  ServerlessTimes,
  SynthesizedApplication,
} from './serverless-cloud.ts';
export type { HttpFaultPoint, TableFault } from './http-fault-point.ts';
export { leftSince } from './inventory.ts';
export type { Left } from './inventory.ts';
export { findStaleEntries } from './deployments/check-list.ts';
export { runDeployment } from './deployments/run-deployment.ts';
export type {
  DeployableStack,
  DeployableTier,
  DeploymentResult,
  RunDeploymentOptions,
} from './deployments/run-deployment.ts';
export {
  createServerlessRegions,
  SERVERLESS_REGION_STAND_INS,
  TABLE_STAND_INS,
} from './regions/serverless-regions.ts';
export type {
  ServerlessRegions,
  ServerlessRegionsCloud,
  ServerlessRegionsOptions,
  SynthesizedRegions,
} from './regions/serverless-regions.ts';
export { RegionsNotRunnableError } from './regions/plan.ts';
export {
  CFN_LINT_VERSION,
  CfnLintError,
  judgeFindings,
  lintTemplates,
  provisionCfnLint,
} from './cfn-lint.ts';
export type { ExplainedWarning, LintVerdict, TemplateFinding } from './cfn-lint.ts';
