import { describe, expect, it } from 'vitest';
import { SettingsInvalidError } from './settings-invalid-error.ts';
import { readSettings } from './settings.ts';
import { readSingleZoneSettings } from './single-zone-settings.ts';

const CERTIFICATE = 'arn:aws:acm:us-east-1:111122223333:certificate/0a1b2c3d-0000-4000-8000-000000000000';
const read = (context: Readonly<Record<string, string>>) =>
  readSingleZoneSettings(context, readSettings(context));
const problemsOf = (context: Readonly<Record<string, string>>): readonly string[] => {
  try {
    read(context);
  } catch (error) {
    if (error instanceof SettingsInvalidError) return error.problems;
    throw error;
  }
  return [];
};

describe('the settings of the tier of one zone', () => {
  it('put the server into the first zone, without a name', () => {
    expect(read({})).toMatchObject({ zone: 1, data: 'keep' });
    expect(read({})).not.toHaveProperty('failoverName');
  });

  it('take what is given', () => {
    const name = {
      domainName: 'shop.example.org',
      hostedZoneId: 'Z0123456789ABCDEFGHIJ',
      edgeCertificateArn: CERTIFICATE,
    };

    expect(read({ zone: '3', ...name })).toMatchObject({ zone: 3, failoverName: name });
  });

  it.each(['0', '4', 'eu-west-1a', '1.5'])('refuse the zone %s', (zone) => {
    expect(problemsOf({ zone })).toEqual([`zone=${zone}: expected 1, 2 or 3.`]);
  });

  it('ask for the whole name or none of it', () => {
    expect(problemsOf({ edgeCertificateArn: CERTIFICATE })).toEqual([
      'domainName=: expected a domain such as shop.example.org, since edgeCertificateArn is given.',
      'hostedZoneId=: expected the id of a hosted zone such as Z0123456789ABCDEFGHIJ, since edgeCertificateArn is given.',
    ]);
  });

  it('refuse a certificate that CloudFront would not find', () => {
    const elsewhere = CERTIFICATE.replace('us-east-1', 'eu-west-1');
    const context = {
      domainName: 'shop.example.org',
      hostedZoneId: 'Z0123456789ABCDEFGHIJ',
      edgeCertificateArn: elsewhere,
    };

    expect(problemsOf(context)).toHaveLength(1);
  });
});
