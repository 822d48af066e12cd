export { createLocalCloud, STAND_INS, TopologyNotRunnableError } from './local-cloud.ts';
export type { Bundles, DeclaredDurations, LocalCloud, LocalCloudOptions } from './local-cloud.ts';
export { createPace } from './pace.ts';
export type { Pace } from './pace.ts';
export { systemClock } from './clock.ts';
export type { Clock } from './clock.ts';
export type { CloudEvent, OnCloudEvent } from './cloud-event.ts';
export { createGuardian, killGroup } from './guardian/guardian.ts';
export type { Guardian } from './guardian/guardian.ts';
export { DatabasePrimaryAbsentError } from './database.ts';
export type { LocalDatabase } from './database.ts';
export type { Instance } from './instance.ts';
export { startThirdParty } from './third-party.ts';
export type { ThirdPartyBehaviour, ThirdPartyService } from './third-party.ts';
export type { Address } from './fault-link.ts';
export { awaitWhole, TopologyNotWholeError } from './whole.ts';
export { servesEverywhere } from './regions/region-rating.ts';
export {
  createMultiRegionCloud,
  failoverOf,
  REGION_STAND_INS,
  servingRegions,
} from './regions/multi-region-cloud.ts';
export type {
  LocalRegions,
  MultiRegionCloud,
  MultiRegionCloudOptions,
  RegionDurations,
} from './regions/multi-region-cloud.ts';
export { createAutomation } from './regions/automation.ts';
export type { Automation } from './regions/automation.ts';
export { createControlPlane } from './regions/control-plane.ts';
export type { Datapoint } from './regions/metrics.ts';
export { createRegionEntrance } from './regions/entrance.ts';
export type { RegionEntrance, RegionEntranceOptions } from './regions/entrance.ts';
export { DNS_STAND_IN } from './regions/dns-health.ts';
export { EDGE_STAND_IN } from './regions/edge.ts';
export type { Destination } from './regions/edge.ts';
export { callsService } from './regions/workflow.ts';
export type { Execution, Service } from './regions/workflow.ts';
