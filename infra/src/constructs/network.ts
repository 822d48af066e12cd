/**
 * A network over two or three zones: public subnets for the load balancer and NAT, private subnets for servers,
 * isolated subnets for databases. Every tier uses it, the one of a single server with its public subnets only.
 *
 * Each zone has a NAT gateway of its own, so that losing one zone takes no other zone's way to third parties
 * (payment) with it. S3 is reached by a gateway endpoint, which costs nothing and spares NAT the bulk.
 */
import { Fn } from 'aws-cdk-lib';
import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  IpAddresses,
  type SubnetConfiguration,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

export interface NetworkProps {
  /** IPv4 range, a /16. */
  readonly cidr: string;
  readonly zones: 2 | 3;
  /**
   * Public subnets only, and no NAT: for a single server that is reached directly, and may be in any of the zones.
   * @default false
   */
  readonly isPublicOnly?: boolean;
  /** Where the flow logs go. */
  readonly flowLogGroup: ILogGroup;
}

/** Zones that the address plan has room for. A tier moves up to three zones without renumbering. */
const PLANNED_ZONES = 3;

const SUBNETS: readonly SubnetConfiguration[] = [
  { name: 'public', subnetType: SubnetType.PUBLIC, cidrMask: 24, mapPublicIpOnLaunch: false },
  { name: 'servers', subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 20 },
  { name: 'databases', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 24 },
];

export class Network extends Construct {
  readonly vpc: Vpc;

  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id);
    const zoneIndexes = Array.from({ length: props.zones }, (_, index) => index);
    this.vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr(props.cidr),
      // The region's first zones by name, decided at deployment: the template fits every region and account.
      availabilityZones: zoneIndexes.map((index) => Fn.select(index, Fn.getAzs())),
      reservedAzs: PLANNED_ZONES - props.zones,
      natGateways: props.isPublicOnly === true ? 0 : props.zones,
      subnetConfiguration: SUBNETS.slice(0, props.isPublicOnly === true ? 1 : SUBNETS.length),
      gatewayEndpoints: { S3: { service: GatewayVpcEndpointAwsService.S3 } },
      // Nothing is ever placed in the default security group, and emptying it takes a function of its own.
      restrictDefaultSecurityGroup: false,
    });
    this.vpc.addFlowLog('FlowLog', {
      destination: FlowLogDestination.toCloudWatchLogs(props.flowLogGroup),
      trafficType: FlowLogTrafficType.ALL,
    });
  }
}
