import { describe, expect, it } from 'vitest';
import { SettingsInvalidError } from './settings-invalid-error.ts';
import { readSettings } from './settings.ts';

const problemsOf = (context: Readonly<Record<string, unknown>>): readonly string[] => {
  try {
    readSettings(context);
  } catch (error) {
    if (error instanceof SettingsInvalidError) return error.problems;
    throw error;
  }
  return [];
};

describe('settings', () => {
  it('keep data and pay nobody when nothing is said', () => {
    const settings = readSettings({});

    expect(settings).toMatchObject({
      data: 'keep',
      paymentUrl: 'https://payment.example.com',
      reviewsUrl: 'https://reviews.example.com',
      ratedRps: 100,
      peakRps: 250,
      vpcCidr: '10.39.0.0/16',
    });
    expect(settings.appDist).toMatch(/\/apps\/shop-api\/dist$/);
    expect(settings).not.toHaveProperty('certificateArn');
    expect(settings).not.toHaveProperty('alertEmail');
  });

  it('take what is given', () => {
    const given = {
      data: 'destroy',
      paymentUrl: 'http://payment.sandbox:8080/v1/',
      reviewsUrl: 'https://reviews.shop.test',
      certificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/0a1b2c3d-0000-4000-8000-000000000000',
      alertEmail: 'team@shop.test',
      loadTestCidr: '203.0.113.0/24',
      ratedRps: '350',
      peakRps: '900',
      vpcCidr: '172.20.0.0/16',
      appDist: 'somewhere/dist',
    };

    expect(readSettings(given)).toEqual({
      ...given,
      paymentUrl: 'http://payment.sandbox:8080/v1',
      ratedRps: 350,
      peakRps: 900,
    });
  });

  it('leave keys alone that belong to the CDK', () => {
    expect(
      problemsOf({ '@aws-cdk/core:checkSecretUsage': true, 'aws:cdk:enable-path-metadata': true }),
    ).toEqual([]);
  });

  it('refuse an unknown name and say which there are', () => {
    expect(problemsOf({ dat: 'destroy' })).toEqual([
      'dat: there is no such setting; known are data, paymentUrl, reviewsUrl, certificateArn, alertEmail, loadTestCidr, ratedRps, peakRps, vpcCidr, appDist, domainName, hostedZoneId, regions, activeRegion, strongRegions, zone, edgeCertificateArn.',
    ]);
  });

  it('name every problem at once', () => {
    const problems = problemsOf({ data: 'keeep', ratedRps: '0', alertEmail: 'nobody' });

    expect(problems).toEqual([
      'data=keeep: allowed are keep, destroy.',
      'ratedRps=0: expected a whole number of requests/s from 1 to 100000.',
      'alertEmail=nobody: expected an address such as team@example.com.',
    ]);
  });

  it.each(['203.0.113.7', '0.0.0.0/0', '203.0.0.0/15', '203.0.113.256/32', 'everybody'])(
    'refuse %s as where load tests come from',
    (loadTestCidr) => {
      expect(problemsOf({ loadTestCidr })).toHaveLength(1);
    },
  );

  it('refuse plain HTTP to payment where data is kept', () => {
    expect(problemsOf({ paymentUrl: 'http://payment.test' })).toHaveLength(1);
    expect(problemsOf({ paymentUrl: 'http://payment.test', data: 'destroy' })).toEqual([]);
  });

  it.each([
    ['a user', 'https://me:secret@payment.test'],
    ['a query', 'https://payment.test/?key=1'],
    ['a fragment', 'https://payment.test/#top'],
    ['a percent sign, which systemd would replace', 'https://payment.test/%n'],
    ['a quote', 'https://payment.test/"'],
    ['a dollar sign, which the shell would replace', 'https://payment.test/$HOME'],
    ['a line break, which would end the line of the unit', 'https://payment.test/\nUser=root'],
    ['no scheme', 'payment.test'],
    ['a scheme that is no HTTP', 'ftp://payment.test'],
  ])('refuse a payment address with %s', (_, paymentUrl) => {
    expect(problemsOf({ paymentUrl })).toHaveLength(1);
  });

  it.each([
    '10.0.0.0/8',
    '8.8.0.0/16',
    '172.15.0.0/16',
    '172.32.0.0/16',
    '192.169.0.0/16',
    '10.256.0.0/16',
    'x',
  ])('refuse %s as the range of the network', (vpcCidr) => {
    expect(problemsOf({ vpcCidr })).toHaveLength(1);
  });

  it.each(['10.0.0.0/16', '172.16.0.0/16', '172.31.0.0/16', '192.168.0.0/16'])(
    'take %s as the range of the network',
    (vpcCidr) => {
      expect(problemsOf({ vpcCidr })).toEqual([]);
    },
  );

  it.each(['1.5', '-1', 'many', '100001'])('refuse %s as the rate of a server', (ratedRps) => {
    expect(problemsOf({ ratedRps })).toHaveLength(1);
  });

  it('refuse the ARN of something that is no certificate', () => {
    expect(problemsOf({ certificateArn: 'arn:aws:iam::111122223333:role/x' })).toHaveLength(1);
  });
});
