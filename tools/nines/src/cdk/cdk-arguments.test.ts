import { describe, expect, it } from 'vitest';
import { actionArguments, checkSettings, synthArguments } from './cdk-arguments.ts';

describe('arguments of the CDK', () => {
  it('of a synthesis name where it goes and the settings, one element each', () => {
    expect(synthArguments({ context: ['data=destroy', 'paymentUrl=https://a b;c'] }, '/out dir')).toEqual([
      'synth',
      '--quiet',
      '--no-notices',
      '--output',
      '/out dir',
      '--context',
      'data=destroy',
      '--context',
      'paymentUrl=https://a b;c',
    ]);
  });

  it.each([
    ['deploy', ['--require-approval', 'never']],
    ['diff', []],
    ['destroy', ['--force']],
  ] as const)('of %s take the synthesized stacks, and ask nobody only when told so', (action, unasked) => {
    const options = { assembly: '/out', stacks: ['nines-a', 'nines-b'] };
    expect(actionArguments(action, options)).toEqual([
      action,
      '--no-notices',
      '--app',
      '/out',
      'nines-a',
      'nines-b',
    ]);
    expect(actionArguments(action, { ...options, profile: 'shop', yes: true })).toEqual([
      action,
      '--no-notices',
      '--app',
      '/out',
      '--profile',
      'shop',
      ...unasked,
      'nines-a',
      'nines-b',
    ]);
  });
});

describe('what a user may set', () => {
  const problemOf = (profile: string | undefined, context: string[]): string => {
    try {
      checkSettings({ ...(profile === undefined ? {} : { profile }), context });
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };

  it.each(['default', 'shop-prod', 'team/admin@shop', 'a.b_c+d=e'])('is the profile %s', (profile) => {
    expect(problemOf(profile, [])).toBe('');
  });

  it.each(['', '--force', '-x', 'a b', 'a;b', 'a\nb', '$(x)'])('is not the profile "%s"', (profile) => {
    expect(problemOf(profile, [])).toContain('is no name of an AWS profile');
  });

  it.each(['data=destroy', 'alertEmail=', 'paymentUrl=https://a/?b=c'])('is the setting %s', (setting) => {
    expect(problemOf(undefined, [setting])).toBe('');
  });

  it.each(['data', '=x', '--force', '@aws-cdk/core:x=true', 'aws:cdk=1', 'a=b\nc'])(
    'is not the setting "%s"',
    (setting) => {
      expect(problemOf(undefined, ['data=keep', setting])).toContain('is no setting');
    },
  );
});
