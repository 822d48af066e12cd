import { describe, expect, it } from 'vitest';
import { describeRunningServerless } from './serverless-lines.ts';
import type { RunningServerlessTier } from './serverless-lines.ts';

const RUNNING: RunningServerlessTier = {
  tier: 'three-nines',
  flavour: 'serverless',
  url: 'http://127.0.0.1:1000',
  stack: 'nines-three-nines-serverless',
  region: 'eu-west-1',
  emulator: 'http://127.0.0.1:2000',
  outputs: { TableName: 'shop' },
  services: [{ name: 'payment', url: 'http://127.0.0.1:3000' }],
  times: { bootstrapSeconds: 1, synthesisSeconds: 2, deploymentSeconds: 3, servingSeconds: 6.04 },
};

describe('a running tier without servers', () => {
  it('tells where its API, its emulator and its third parties are', () => {
    expect(describeRunningServerless(RUNNING).slice(0, 6)).toEqual([
      'three-nines is up, without servers.',
      '',
      '  shop      http://127.0.0.1:1000  the HTTP API of nines-three-nines-serverless in eu-west-1',
      '  emulator  http://127.0.0.1:2000  AWS_ENDPOINT_URL for an SDK; any credentials',
      '  table     shop',
      '  payment   http://127.0.0.1:3000  a third party',
    ]);
  });

  it('tells where the edge is, and each region with its emulator, where it stands in several', () => {
    const regions = [
      { region: 'eu-west-1', url: 'http://127.0.0.1:1001', emulator: 'http://127.0.0.1:2001' },
      { region: 'eu-west-2', url: 'http://127.0.0.1:1002', emulator: 'http://127.0.0.1:2002' },
    ];
    expect(describeRunningServerless({ ...RUNNING, regions }).slice(2, 7)).toEqual([
      '  shop       http://127.0.0.1:1000  the edge, which asks DNS for a region at each new connection',
      '  eu-west-1  http://127.0.0.1:1001  the HTTP API of this region',
      '             http://127.0.0.1:2001  its emulator: AWS_ENDPOINT_URL for an SDK; any credentials',
      '  eu-west-2  http://127.0.0.1:1002  the HTTP API of this region',
      '             http://127.0.0.1:2002  its emulator: AWS_ENDPOINT_URL for an SDK; any credentials',
    ]);
  });
});
