/**
 * Instead of the SDK's discovery of endpoints, which DynamoDB's client sets up and none of its operations uses: with its
 * cache it would be 8 kB of each bundle.
 */
export const resolveEndpointDiscoveryConfig = <Config>(config: Config): Config => config;

/** An option that nothing sets. */
export const NODE_ENDPOINT_DISCOVERY_CONFIG_OPTIONS = {
  environmentVariableSelector: () => undefined,
  configFileSelector: () => undefined,
  default: undefined,
};
