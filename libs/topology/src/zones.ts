/**
 * Which zones a template uses. Zones come from subnets: a subnet lies in exactly one, and everything placed in
 * subnets inherits it.
 */
import { asList, asText, sortedUnique } from './json.ts';
import { isUnresolved, referencedId, referencesIn } from './references.ts';
import type { NoteSink } from './settings.ts';
import type { Resource } from './stack.ts';

export const SUBNET_TYPE = 'AWS::EC2::Subnet';

/** The zone as an id: a parameter without default (`${FirstZone}`) is known by the parameter's name. */
export function zoneName(value: unknown): string | undefined {
  const text = asText(value);
  if (text === undefined || text === '') return undefined;
  return isUnresolved(text) ? referencesIn(text).join('.') : text;
}

export function zoneOfSubnet(subnet: Resource): string | undefined {
  return zoneName(subnet.properties['AvailabilityZone']) ?? zoneName(subnet.properties['AvailabilityZoneId']);
}

/** The zones of a rendered list of subnet references, sorted. */
export function zonesOfSubnets(
  subnets: unknown,
  resource: (id: string) => Resource | undefined,
  note: NoteSink,
): readonly string[] {
  const zones: string[] = [];
  const list = typeof subnets === 'string' ? subnets.split(',') : asList(subnets);
  for (const item of list) {
    const subnet = resource(referencedId(item) ?? '');
    const zone = subnet?.type === SUBNET_TYPE ? zoneOfSubnet(subnet) : undefined;
    if (zone === undefined) {
      note(`is in subnet ${asText(item) ?? 'of unknown id'}, whose zone the template does not decide`);
    } else zones.push(zone);
  }
  return sortedUnique(zones);
}

const ZONE_OF_REGION = /^([a-z]{2}(?:-[a-z]+)+-\d+)[a-z]$/;

/** The region that explicit zones such as `eu-west-1a` lie in, when all agree. */
export function regionOfZones(zones: readonly string[]): string | undefined {
  const regions = new Set(zones.map((zone) => ZONE_OF_REGION.exec(zone)?.[1]));
  const [only] = regions;
  return regions.size === 1 ? only : undefined;
}
