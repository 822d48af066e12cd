export * from './topology.ts';
export { TopologyTemplateError, type TopologyTemplateErrorCode } from './topology-template-error.ts';
export { AGNOSTIC_REGION, readTopology, TIER_KEY, type ReadTopologyOptions } from './read-topology.ts';
export {
  readAssembly,
  stacksOfAssembly,
  type AssemblyStack,
  type ReadAssemblyInput,
} from './read-assembly.ts';
export { DEPENDENCIES_METADATA, externalServiceId, EXTERNAL_SERVICE_TYPE } from './readers/compute-group.ts';
export {
  HOSTED_DATABASE_METADATA,
  HOSTED_DATABASE_TYPE,
  hostedDatabaseId,
} from './readers/hosted-database.ts';
export { isUnresolved, logicalIdOf, referencesIn, resolveReferences } from './references.ts';
export { readLeftovers, type Leftover, type LeftoverKind } from './leftovers.ts';
export { parseSystemdTime } from './systemd-time.ts';
export * from './queries.ts';
