import { describe, expect, it } from 'vitest';
import { readResources } from '../../test/read-resources.ts';
import { findNode } from '../index.ts';

describe('a queue', () => {
  it('hides for half a minute and keeps for four days by default, and puts nothing aside', () => {
    const topology = readResources({ Q: { Type: 'AWS::SQS::Queue', Properties: {} } });
    const node = findNode(topology, 'Q');
    expect(node).toMatchObject({
      kind: 'queue',
      visibilityTimeoutSeconds: 30,
      retentionSeconds: 345_600,
      defaulted: ['retentionSeconds', 'visibilityTimeoutSeconds'],
    });
    expect(node).not.toHaveProperty('redrive');
  });

  it('puts aside where it says, after as many deliveries as it says', () => {
    const topology = readResources({
      Aside: { Type: 'AWS::SQS::Queue', Properties: {} },
      Q: {
        Type: 'AWS::SQS::Queue',
        Properties: {
          VisibilityTimeout: 60,
          MessageRetentionPeriod: 1_209_600,
          RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['Aside', 'Arn'] }, maxReceiveCount: 5 },
        },
      },
    });
    expect(findNode(topology, 'Q')).toMatchObject({
      visibilityTimeoutSeconds: 60,
      retentionSeconds: 1_209_600,
      redrive: { maxReceiveCount: 5, to: 'Aside' },
    });
  });

  it('is linked softly to the servers that are told of it', () => {
    const unit = ['cat > /etc/systemd/system/shop.service <<"UNIT"', '[Service]', 'ExecStart=/app'].join(
      '\n',
    );
    const topology = readResources({
      Q: { Type: 'AWS::SQS::Queue', Properties: {} },
      Unrelated: { Type: 'AWS::SQS::Queue', Properties: {} },
      Template: {
        Type: 'AWS::EC2::LaunchTemplate',
        Properties: {
          LaunchTemplateData: {
            UserData: {
              'Fn::Base64': {
                'Fn::Join': ['', [`${unit}\nEnvironment=ORDER_INTAKE_QUEUE_URL=`, { Ref: 'Q' }, '\nUNIT\n']],
              },
            },
          },
        },
      },
      Servers: {
        Type: 'AWS::AutoScaling::AutoScalingGroup',
        Properties: {
          MinSize: '1',
          LaunchTemplate: { LaunchTemplateId: { Ref: 'Template' } },
        },
      },
    });
    expect(topology.links).toContainEqual({
      from: 'Servers',
      to: 'Q',
      necessity: 'soft',
      onRequestPath: true,
    });
    expect(topology.links.filter(({ to }) => to === 'Unrelated')).toEqual([]);
  });
});
