import { describe, expect, it } from 'vitest';
import type { PathRequest } from '../emulator.ts';
import { createEmulatedControlPlane } from './emulated-control-plane.ts';

function planeOf(answers: Readonly<Record<string, string>> = {}) {
  const calls: unknown[] = [];
  const plane = createEmulatedControlPlane({
    emulator: {
      call: <T>(operation: string, input: object) => {
        calls.push([operation, input]);
        return Promise.resolve({ Parameter: { Value: 'no' } } as T);
      },
      send: (service: string, { method, path, body = '', contentType }: PathRequest) => {
        calls.push([service, method, path, body, contentType]);
        return Promise.resolve({
          headers: new Headers({ 'version-number': '7' }),
          text: answers[method] ?? '',
        });
      },
    },
    put: (point) => calls.push(point),
    warmUp: (atOnce) => {
      calls.push(`${String(atOnce)} made ready`);
      return Promise.resolve();
    },
  });
  return { plane, calls };
}

describe('what workflows of a region call', () => {
  it('is asked of the parameters of its own emulator', async () => {
    const { plane, calls } = planeOf();
    expect(await plane('ssm:getParameter', { Name: 'duty' })).toEqual({ Parameter: { Value: 'no' } });
    await plane('ssm:putParameter', { Name: 'duty', Value: 'yes', Overwrite: true });
    expect(calls).toEqual([
      ['AmazonSSM.GetParameter', { Name: 'duty' }],
      ['AmazonSSM.PutParameter', { Name: 'duty', Value: 'yes', Overwrite: true }],
    ]);
  });

  it('moves its levers by the paths of AppConfig, and tells the version', async () => {
    const { plane, calls } = planeOf();
    const version = await plane('appconfig:createHostedConfigurationVersion', {
      ApplicationId: 'app',
      ConfigurationProfileId: 'profile',
      ContentType: 'application/json',
      Content: '{"read-only":false}',
    });
    expect(version).toEqual({ VersionNumber: 7 });
    await plane('appconfig:startDeployment', {
      ApplicationId: 'app',
      EnvironmentId: 'live',
      ConfigurationProfileId: 'profile',
      ConfigurationVersion: '7',
      DeploymentStrategyId: 'at-once',
    });
    expect(calls).toEqual([
      [
        'appconfig',
        'POST',
        '/applications/app/configurationprofiles/profile/hostedconfigurationversions',
        '{"read-only":false}',
        'application/json',
      ],
      [
        'appconfig',
        'POST',
        '/applications/app/environments/live/deployments',
        '{"ConfigurationProfileId":"profile","ConfigurationVersion":"7","DeploymentStrategyId":"at-once"}',
        undefined,
      ],
    ]);
  });

  it('has capacity written down and a dozen processes at most made ready', async () => {
    const { plane, calls } = planeOf({ GET: '{"Status":"READY"}' });
    const alias = { FunctionName: 'shop', Qualifier: 'live' };
    await plane('lambda:putProvisionedConcurrencyConfig', { ...alias, ProvisionedConcurrentExecutions: 40 });
    expect(await plane('lambda:getProvisionedConcurrencyConfig', alias)).toEqual({ Status: 'READY' });
    const path = '/2019-09-30/functions/shop/provisioned-concurrency?Qualifier=live';
    expect(calls).toEqual([
      ['lambda', 'PUT', path, '{"ProvisionedConcurrentExecutions":40}', undefined],
      '12 made ready',
      ['lambda', 'GET', path, '', undefined],
    ]);
  });

  it('says metrics to whoever follows them', async () => {
    const { plane, calls } = planeOf();
    const Dimensions = [{ Name: 'Region', Value: 'a' }];
    await plane('cloudwatch:putMetricData', {
      Namespace: 'Shop',
      MetricData: [{ MetricName: 'OnDuty', Dimensions, Value: '1' }],
    });
    expect(calls).toEqual([
      { namespace: 'Shop', metricName: 'OnDuty', dimensions: { Region: 'a' }, value: 1 },
    ]);
  });

  it('is refused when nobody here is known to call it', () => {
    const { plane } = planeOf();
    expect(() => plane('rds:failoverGlobalCluster', {})).toThrow(
      expect.objectContaining({ code: 'call-not-emulated' }),
    );
  });
});
