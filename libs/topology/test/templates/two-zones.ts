/**
 * A template as CDK would synthesize it for the 99.9% tier, environment-agnostic: two zones, load balancer,
 * Auto Scaling group, RDS Multi-AZ. Most settings are named, so that defaults stand out where they are not.
 */

export const unitLines = [
  '[Unit]',
  'Description=Shop API',
  '[Service]',
  'ExecStart=/usr/bin/node /opt/shop-api/server.mjs',
  'Environment=PORT=8080 HOST=0.0.0.0',
  'Environment="LOG_LEVEL=info" "GREETING=hello world"',
  'Restart=always',
  'RestartSec=500ms',
  'TimeoutStopSec=1min 30s',
];

const subnet = (index: number) => ({
  Type: 'AWS::EC2::Subnet',
  Properties: { VpcId: { Ref: 'Vpc' }, AvailabilityZone: { 'Fn::Select': [index, { 'Fn::GetAZs': '' }] } },
});

const userData = {
  'Fn::Base64': {
    'Fn::Join': [
      '',
      [
        `#!/bin/bash\nset -eu\ncat > /etc/systemd/system/shop-api.service <<'UNIT'\n${unitLines.join('\n')}\nEnvironment=DATABASE_HOST=`,
        { 'Fn::GetAtt': ['Database', 'Endpoint.Address'] },
        '\nEnvironment=DATABASE_PORT=',
        { 'Fn::GetAtt': ['Database', 'Endpoint.Port'] },
        '\nEnvironment=PAYMENT_URL=',
        { Ref: 'PaymentUrl' },
        '\nUNIT\nsystemctl enable --now shop-api.service\n',
      ],
    ],
  },
};

export const twoZones = {
  Parameters: {
    PaymentUrl: { Type: 'String' },
    LatestAmi: { Type: 'AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>', Default: '/aws/service/ami' },
  },
  Resources: {
    Vpc: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.0.0.0/16' } },
    SubnetB: subnet(1),
    SubnetA: subnet(0),
    LoadBalancer: {
      Type: 'AWS::ElasticLoadBalancingV2::LoadBalancer',
      Properties: {
        Scheme: 'internet-facing',
        Type: 'application',
        Subnets: [{ Ref: 'SubnetA' }, { Ref: 'SubnetB' }],
        LoadBalancerAttributes: [{ Key: 'idle_timeout.timeout_seconds', Value: '20' }],
      },
    },
    Listener: {
      Type: 'AWS::ElasticLoadBalancingV2::Listener',
      Properties: {
        LoadBalancerArn: { Ref: 'LoadBalancer' },
        Port: 80,
        Protocol: 'HTTP',
        DefaultActions: [{ Type: 'forward', TargetGroupArn: { Ref: 'TargetGroup' } }],
      },
    },
    TargetGroup: {
      Type: 'AWS::ElasticLoadBalancingV2::TargetGroup',
      Properties: {
        Port: 8080,
        HealthCheckPath: '/readyz',
        HealthCheckIntervalSeconds: 5,
        HealthCheckTimeoutSeconds: 2,
        HealthyThresholdCount: 2,
        UnhealthyThresholdCount: 2,
        Matcher: { HttpCode: '200' },
        TargetGroupAttributes: [{ Key: 'deregistration_delay.timeout_seconds', Value: '20' }],
      },
    },
    LaunchTemplate: {
      Type: 'AWS::EC2::LaunchTemplate',
      Properties: { LaunchTemplateData: { InstanceType: 't3.small', UserData: userData } },
    },
    Group: {
      Type: 'AWS::AutoScaling::AutoScalingGroup',
      Metadata: {
        'nines:dependencies': [
          { name: 'reviews', necessity: 'soft', addressVariable: 'REVIEWS_URL' },
          { name: 'payment', necessity: 'hard', addressVariable: 'PAYMENT_URL' },
        ],
      },
      Properties: {
        MinSize: '2',
        MaxSize: '6',
        HealthCheckType: 'ELB',
        HealthCheckGracePeriod: 60,
        LaunchTemplate: {
          LaunchTemplateId: { Ref: 'LaunchTemplate' },
          Version: { 'Fn::GetAtt': ['LaunchTemplate', 'LatestVersionNumber'] },
        },
        TargetGroupARNs: [{ Ref: 'TargetGroup' }],
        VPCZoneIdentifier: [{ Ref: 'SubnetA' }, { Ref: 'SubnetB' }],
        Tags: [{ Key: 'nines:tier', Value: 'three-nines', PropagateAtLaunch: true }],
      },
    },
    CpuPolicy: {
      Type: 'AWS::AutoScaling::ScalingPolicy',
      Properties: {
        AutoScalingGroupName: { Ref: 'Group' },
        PolicyType: 'TargetTrackingScaling',
        TargetTrackingConfiguration: {
          PredefinedMetricSpecification: { PredefinedMetricType: 'ASGAverageCPUUtilization' },
          TargetValue: 70,
        },
      },
    },
    DatabaseSubnets: {
      Type: 'AWS::RDS::DBSubnetGroup',
      Properties: { SubnetIds: [{ Ref: 'SubnetA' }, { Ref: 'SubnetB' }] },
    },
    Database: {
      Type: 'AWS::RDS::DBInstance',
      Properties: {
        Engine: 'postgres',
        EngineVersion: '17.6',
        MultiAZ: true,
        StorageEncrypted: true,
        DBName: 'shop',
        BackupRetentionPeriod: 7,
        DBSubnetGroupName: { Ref: 'DatabaseSubnets' },
      },
    },
  },
};
