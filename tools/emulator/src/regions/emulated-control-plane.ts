/**
 * What workflows of one region call, answered by the region's own emulator: parameters, emergency levers, capacity.
 * Metrics go to whoever follows them, because the emulator evaluates no alarm; and because it keeps no environments
 * ready, capacity that is asked for is started by requests.
 */
import type { Datapoint, Service } from '@nines/local-cloud';
import type { Emulator } from '../emulator.ts';

export interface EmulatedControlPlaneOptions {
  readonly emulator: Pick<Emulator, 'call' | 'send'>;
  readonly put: (point: Datapoint) => void;
  /** Makes processes of functions ready, as many as requests come at once. */
  readonly warmUp: (atOnce: number) => Promise<unknown>;
}

/** A call that no workflow here is known to make. */
export class CallNotEmulatedError extends Error {
  readonly code = 'call-not-emulated';
  override readonly name = 'CallNotEmulatedError';
}

/** More than that at once would take this machine's time from those who are served. */
const MOST_AT_ONCE = 12;

interface MetricDatum {
  readonly MetricName: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: string }[];
  readonly Value: string | number;
}

type Parameters = Readonly<Record<string, unknown>>;

const concurrencyPath = ({ FunctionName, Qualifier }: Parameters): string =>
  `/2019-09-30/functions/${encodeURIComponent(String(FunctionName))}/provisioned-concurrency?Qualifier=${encodeURIComponent(String(Qualifier))}`;

export function createEmulatedControlPlane(options: EmulatedControlPlaneOptions): Service {
  const { emulator, put, warmUp } = options;
  const json = async (service: string, method: 'GET' | 'POST' | 'PUT', path: string, body?: object) => {
    const { text } = await emulator.send(service, {
      method,
      path,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return text === '' ? {} : (JSON.parse(text) as unknown);
  };
  const calls: Readonly<Record<string, (parameters: Parameters) => unknown>> = {
    'ssm:getParameter': (parameters) => emulator.call('AmazonSSM.GetParameter', parameters),
    'ssm:putParameter': (parameters) => emulator.call('AmazonSSM.PutParameter', parameters),
    'cloudwatch:putMetricData': ({ Namespace, MetricData }) => {
      for (const { MetricName, Dimensions = [], Value } of MetricData as readonly MetricDatum[])
        put({
          namespace: String(Namespace),
          metricName: MetricName,
          dimensions: Object.fromEntries(Dimensions.map((one) => [one.Name, one.Value])),
          value: Number(Value),
        });
      return {};
    },
    'lambda:putProvisionedConcurrencyConfig': async (parameters) => {
      const { ProvisionedConcurrentExecutions: environments } = parameters;
      const answer = await json('lambda', 'PUT', concurrencyPath(parameters), {
        ProvisionedConcurrentExecutions: environments,
      });
      await warmUp(Math.min(Number(environments), MOST_AT_ONCE));
      return answer;
    },
    'lambda:getProvisionedConcurrencyConfig': (parameters) =>
      json('lambda', 'GET', concurrencyPath(parameters)),
    'appconfig:createHostedConfigurationVersion': async (parameters) => {
      const { ApplicationId, ConfigurationProfileId, ContentType, Content } = parameters;
      const { headers } = await emulator.send('appconfig', {
        method: 'POST',
        path: `/applications/${String(ApplicationId)}/configurationprofiles/${String(ConfigurationProfileId)}/hostedconfigurationversions`,
        body: String(Content),
        contentType: String(ContentType),
      });
      return { VersionNumber: Number(headers.get('version-number')) };
    },
    'appconfig:startDeployment': ({ ApplicationId, EnvironmentId, ...deployment }) =>
      json(
        'appconfig',
        'POST',
        `/applications/${String(ApplicationId)}/environments/${String(EnvironmentId)}/deployments`,
        deployment,
      ),
  };
  return (call, parameters) => {
    const answer = calls[call];
    if (!answer) throw new CallNotEmulatedError(`workflows here do not call ${call}`);
    return answer(parameters);
  };
}
