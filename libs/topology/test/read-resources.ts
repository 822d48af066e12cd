/** Reads a template of the given resources: what most tests need. */
import { readTopology, type Topology } from '../src/index.ts';

export const readResources = (
  resources: Record<string, unknown>,
  rest: Record<string, unknown> = {},
): Topology => readTopology({ ...rest, Resources: resources }, { stackName: 'test' });

export const subnet = (zone: unknown) => ({
  Type: 'AWS::EC2::Subnet',
  Properties: { AvailabilityZone: zone },
});
