/** Emergency levers in the emulator's AppConfig, made and pulled as a person does it. */
export interface TestLevers {
  /** What a function is told of them. */
  readonly environment: Readonly<Record<string, string>>;
  /** Makes these the positions, for everybody at once. */
  pull(positions: Readonly<Record<string, boolean>>): Promise<void>;
}

/** @param endpoint of the emulator, which believes any signature. */
export async function createTestLevers(endpoint: string): Promise<TestLevers> {
  async function post(path: string, body: object): Promise<Response> {
    const response = await fetch(endpoint + path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization:
          'AWS4-HMAC-SHA256 Credential=local/20260101/eu-west-1/appconfig/aws4_request, Signature=x',
      },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${String(response.status)} ${await response.text()}`);
    return response;
  }
  const make = async (path: string, body: object) =>
    ((await (await post(path, body)).json()) as { Id: string }).Id;

  const application = await make('/applications', { Name: `levers-${String(performance.now())}` });
  const environment = await make(`/applications/${application}/environments`, { Name: 'live' });
  const profile = await make(`/applications/${application}/configurationprofiles`, {
    Name: 'levers',
    LocationUri: 'hosted',
  });
  // As the stacks' own: the predefined one watches for ten minutes, in which nothing else can be pulled.
  const atOnce = await make('/deploymentstrategies', {
    Name: `at-once-${application}`,
    DeploymentDurationInMinutes: 0,
    FinalBakeTimeInMinutes: 0,
    GrowthFactor: 100,
    ReplicateTo: 'NONE',
  });
  return {
    environment: {
      LEVERS_APPLICATION: application,
      LEVERS_ENVIRONMENT: environment,
      LEVERS_PROFILE: profile,
    },
    pull: async (positions) => {
      const versions = `/applications/${application}/configurationprofiles/${profile}/hostedconfigurationversions`;
      const version = (await post(versions, positions)).headers.get('version-number') ?? '';
      await post(`/applications/${application}/environments/${environment}/deployments`, {
        ConfigurationProfileId: profile,
        ConfigurationVersion: version,
        DeploymentStrategyId: atOnce,
      });
    },
  };
}
