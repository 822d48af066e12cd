/** The services outside a tier's stacks, as processes: whatever runs the tier calls them by the stacks' settings. */
import { startThirdParty } from '@nines/local-cloud';
import type { Guardian, ThirdPartyBehaviour, ThirdPartyService } from '@nines/local-cloud';

export interface OutsideServicesOptions {
  /** The built bundle of each: `payment` and `reviews`. */
  readonly services: Readonly<Record<string, string>>;
  /** How they behave when nothing is wrong. @default as they do by themselves */
  readonly serviceBehaviour?: Readonly<Record<string, ThirdPartyBehaviour>>;
  readonly guardian: Guardian;
}

const SETTINGS: Readonly<Record<string, string>> = { payment: 'paymentUrl', reviews: 'reviewsUrl' };

export async function startOutsideServices(
  options: OutsideServicesOptions,
): Promise<ReadonlyMap<string, ThirdPartyService>> {
  const { guardian, services, serviceBehaviour = {} } = options;
  const workingDirectory = await guardian.makeDirectory('nines-services-');
  const started = await Promise.all(
    Object.entries(services).map(([name, entryPoint]) =>
      startThirdParty({
        name,
        entryPoint,
        workingDirectory,
        behaviour: serviceBehaviour[name] ?? {},
        guardian,
      }),
    ),
  );
  return new Map(started.map((service) => [service.name, service]));
}

/** Settings (`name=value`) by which stacks are synthesized for here: their addresses, and nothing to be kept. */
export const settingsFor = (services: ReadonlyMap<string, ThirdPartyService>): string[] => [
  'data=destroy',
  ...[...services].flatMap(([name, { url }]) => {
    const setting = SETTINGS[name];
    return setting === undefined ? [] : [`${setting}=${url}`];
  }),
];
