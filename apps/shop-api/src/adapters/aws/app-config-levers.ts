/**
 * The positions of the emergency levers, asked of AppConfig itself: a session is begun once, and each answer brings the
 * token for the next call. An empty answer means that nothing has changed.
 */
import type { LeverSource } from '@nines/emergency-lever';
import type { SignedFetch } from './signed-fetch.ts';

export interface AppConfigAddress {
  readonly application: string;
  readonly environment: string;
  readonly profile: string;
}

export interface AppConfigLeversOptions extends AppConfigAddress {
  readonly request: SignedFetch;
  /** `https://appconfigdata.<region>.amazonaws.com`, or a stand-in. */
  readonly endpoint: string;
}

/** The shortest that AppConfig allows, in seconds; who asks sooner is refused. */
const SHORTEST_INTERVAL_S = 15;

export function createAppConfigLevers(options: AppConfigLeversOptions): LeverSource {
  const { application, environment, profile, request, endpoint } = options;
  let token: string | undefined;
  let latest: Readonly<Record<string, unknown>> = {};

  async function begin(signal: AbortSignal): Promise<string> {
    const response = await request({
      method: 'POST',
      url: new URL('/configurationsessions', endpoint),
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        ApplicationIdentifier: application,
        EnvironmentIdentifier: environment,
        ConfigurationProfileIdentifier: profile,
        RequiredMinimumPollIntervalInSeconds: SHORTEST_INTERVAL_S,
      }),
      signal,
    });
    return ((await response.json()) as { InitialConfigurationToken: string }).InitialConfigurationToken;
  }

  return async ({ signal }) => {
    const url = new URL('/configuration', endpoint);
    url.searchParams.set('configuration_token', token ?? (await begin(signal)));
    // A token is good for one call: when its answer gets lost, the next time begins anew.
    token = undefined;
    const response = await request({ method: 'GET', url, signal });
    const text = await response.text();
    if (text !== '') latest = JSON.parse(text) as Readonly<Record<string, unknown>>;
    token = response.headers.get('next-poll-configuration-token') ?? undefined;
    return latest;
  };
}
