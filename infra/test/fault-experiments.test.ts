/** What an experiment breaks must be there to be broken, and something must be able to stop it. */
import { describe, expect, it } from 'vitest';
import {
  ALL_REGION_TIERS,
  type Synthesized,
  synthesize,
  synthesizeRegions,
  type Tier,
  TIERS,
} from './synthesized.ts';

interface Experiment {
  readonly StopConditions: readonly { readonly Source: string; readonly Value: unknown }[];
  readonly Targets: Readonly<Record<string, Target>>;
  readonly Actions: Readonly<Record<string, { readonly ActionId: string; readonly Targets: object }>>;
}

interface Target {
  readonly ResourceType: string;
  readonly ResourceArns?: readonly unknown[];
  readonly ResourceTags?: Readonly<Record<string, unknown>>;
}

/** Types of resources that a target's type can mean. */
const SELECTABLE: Readonly<Record<string, string>> = {
  'aws:ec2:autoscaling-group': 'AWS::AutoScaling::AutoScalingGroup',
  'aws:ec2:instance': 'AWS::AutoScaling::AutoScalingGroup',
  'aws:ec2:subnet': 'AWS::EC2::Subnet',
  'aws:rds:cluster': 'AWS::RDS::DBCluster',
  'aws:rds:db': 'AWS::RDS::DBInstance',
};

/** Types of the resources of the stack that a value refers to. */
function typesReferredTo(value: unknown, { resources }: Synthesized): string[] {
  const text = JSON.stringify(value);
  return [...text.matchAll(/"Ref":"(\w+)"|"Fn::GetAtt":\["(\w+)"/g)].flatMap(([, ref, attribute]) => {
    const type = resources[ref ?? attribute ?? '']?.Type;
    return type === undefined ? [] : [type];
  });
}

const EXPECTED: Readonly<Record<Tier, readonly string[]>> = {
  'two-nines': ['ProcessKillExperiment', 'ServerLossExperiment', 'ZoneLossExperiment'],
  'three-nines': [
    'DatabaseFailoverExperiment',
    'ProcessKillExperiment',
    'ServerLossExperiment',
    'ZoneLossExperiment1',
    'ZoneLossExperiment2',
  ],
  'four-nines': [
    'DatabaseFailoverExperiment',
    'ProcessKillExperiment',
    'ServerLossExperiment',
    'ZoneLossExperiment1',
    'ZoneLossExperiment2',
    'ZoneLossExperiment3',
  ],
};

/** The same in each region: whichever serves is the one to experiment with. */
const IN_A_REGION = [
  'DatabaseFailoverExperiment',
  'ProcessKillExperiment',
  'RegionLossExperiment',
  'ServerLossExperiment',
  'ZoneLossExperiment1',
  'ZoneLossExperiment2',
  'ZoneLossExperiment3',
];

type Make = () => Synthesized;

const STACKS: readonly (readonly [string, readonly string[], Make])[] = [
  ...TIERS.map((tier) => [tier, EXPECTED[tier], () => synthesize(tier)] as const),
  ...ALL_REGION_TIERS.flatMap((tier) =>
    (['home', 'standby'] as const).map(
      (part) => [`${tier} ${part}`, IN_A_REGION, () => synthesizeRegions(tier).parts[part]] as const,
    ),
  ),
];

describe.each(STACKS)('the experiments of the %s stack', (_name, expected, make) => {
  const synthesized = make();
  const experiments = Object.entries(synthesized.resources)
    .filter(([, { Type }]) => Type === 'AWS::FIS::ExperimentTemplate')
    .map(([id, { Properties }]) => [id, Properties as unknown as Experiment] as const);

  it('are those of its fault matrix', () => {
    expect(experiments.map(([id]) => id).sort()).toEqual(expected);
  });

  it.each(experiments)('%s is stopped by an alarm of the stack', (_, { StopConditions }) => {
    expect(StopConditions.map(({ Source }) => Source)).toEqual(['aws:cloudwatch:alarm']);
    expect(typesReferredTo(StopConditions, synthesized)).toEqual(['AWS::CloudWatch::Alarm']);
  });

  it.each(experiments)('%s selects what is in the stack, and nothing beyond it', (_, { Targets }) => {
    expect(Object.keys(Targets).length).toBeGreaterThan(0);
    for (const { ResourceType, ResourceArns, ResourceTags } of Object.values(Targets)) {
      const selection = ResourceArns ?? Object.entries(ResourceTags ?? {});
      expect(selection.length).toBeGreaterThan(0);
      for (const selected of selection) {
        expect(typesReferredTo(selected, synthesized)).toEqual([SELECTABLE[ResourceType]]);
      }
    }
  });

  it.each(experiments)('%s acts on each of its targets', (_, { Targets, Actions }) => {
    const acted = Object.values(Actions).flatMap((action) => Object.values(action.Targets) as string[]);

    expect(new Set(acted)).toEqual(new Set(Object.keys(Targets)));
  });
});
