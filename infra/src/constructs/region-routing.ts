/**
 * Which region users reach: the health checks and DNS records that CloudFront finds the application by. All of it is
 * there beforehand; in a failover nothing is created or changed, only looked at by Route 53's checkers.
 *
 * The home region serves as long as it answers and the other one has not taken over. The standby serves when it answers
 * and, where a person decides, has taken over. When neither does, Route 53 answers with the home region, so that a
 * broken check takes nothing away.
 */
import { Duration } from 'aws-cdk-lib';
import { CfnHealthCheck, CfnRecordSet } from 'aws-cdk-lib/aws-route53';
import { Construct } from 'constructs';
import type { RegionNames } from './region-names.ts';

/** Each of Route 53's checkers asks this often: the shortest interval there is. */
const CHECK_INTERVAL = Duration.seconds(10);
const FAILURE_THRESHOLD = 3;
const READINESS = '/readyz';

export interface RegionRoutingProps {
  readonly names: RegionNames;
  readonly hostedZoneId: string;
  /** The region that was made as the one that writes. */
  readonly home: string;
  readonly standby: string;
  /** How long an answer may be kept. */
  readonly ttl: Duration;
  /**
   * `decided`: the standby gets traffic once it has taken over, and not before. `automatic`: as soon as the home region
   * does not answer; until it has taken over it reads and refuses writes.
   */
  readonly failover: 'decided' | 'automatic';
  /**
   * Whether reads go to the nearest region that answers, under a name of their own.
   * @default false
   */
  readonly readsEverywhere?: boolean;
}

export class RegionRouting extends Construct {
  /** Whether a region answers, by region. */
  readonly answers: Readonly<Record<string, CfnHealthCheck>>;
  readonly standbyTookOver: CfnHealthCheck;
  readonly homeServes: CfnHealthCheck;
  readonly standbyServes: CfnHealthCheck;
  /** Records of the name that writes go to, the home region's first; of all traffic, where reads have no other. */
  readonly writeRecords: readonly [home: CfnRecordSet, standby: CfnRecordSet];
  /** Records of the name that reads go to; none where reads have no name of their own. */
  readonly readRecords: readonly CfnRecordSet[];
  /** Records that say by DNS whether a region answers, for who watches it from the other one; only where automatic. */
  readonly verdictRecords: readonly CfnRecordSet[];
  /** Name by which CloudFront finds what writes. */
  readonly writeName: string;

  constructor(scope: Construct, id: string, props: RegionRoutingProps) {
    super(scope, id);
    const { home, standby } = props;
    const homeAnswers = this.answersCheck('HomeAnswers', props, home);
    const standbyAnswers = this.answersCheck('StandbyAnswers', props, standby);
    this.answers = { [home]: homeAnswers, [standby]: standbyAnswers };
    this.standbyTookOver = this.tookOverCheck('StandbyTookOver', props, true);
    const notTakenOver = this.tookOverCheck('StandbyHasNotTakenOver', props, false);
    this.homeServes = this.all('HomeServes', props, [homeAnswers, notTakenOver]);
    this.standbyServes = this.all(
      'StandbyServes',
      props,
      props.failover === 'decided' ? [standbyAnswers, this.standbyTookOver] : [standbyAnswers],
    );
    this.writeName = props.readsEverywhere === true ? props.names.writeOrigin : props.names.origin;
    const record = (region: string) => ({
      hostedZoneId: props.hostedZoneId,
      type: 'CNAME',
      ttl: String(props.ttl.toSeconds()),
      setIdentifier: region,
      resourceRecords: [props.names.regionOrigin(region)],
    });
    this.writeRecords = [
      new CfnRecordSet(this, 'Home', {
        name: this.writeName,
        ...record(home),
        failover: 'PRIMARY',
        healthCheckId: this.homeServes.attrHealthCheckId,
      }),
      new CfnRecordSet(this, 'Standby', {
        name: this.writeName,
        ...record(standby),
        failover: 'SECONDARY',
        healthCheckId: this.standbyServes.attrHealthCheckId,
      }),
    ];
    this.verdictRecords =
      props.failover === 'automatic'
        ? Object.keys(this.answers).flatMap((region, index) => this.verdict(props, region, index))
        : [];
    this.readRecords =
      props.readsEverywhere === true
        ? Object.entries(this.answers).map(
            ([region, check], index) =>
              new CfnRecordSet(this, `Reads${String(index + 1)}`, {
                name: props.names.readOrigin,
                ...record(region),
                region,
                healthCheckId: check.attrHealthCheckId,
              }),
          )
        : [];
  }

  /** `answers` as long as the checkers reach the region, else `lost`: their verdict without asking a control plane. */
  private verdict({ names, hostedZoneId, ttl }: RegionRoutingProps, region: string, index: number) {
    const record = (text: 'answers' | 'lost') => ({
      hostedZoneId,
      name: names.regionVerdict(region),
      type: 'TXT',
      ttl: String(ttl.toSeconds()),
      setIdentifier: text,
      resourceRecords: [`"${text}"`],
    });
    const number = String(index + 1);
    return [
      new CfnRecordSet(this, `Answers${number}`, {
        ...record('answers'),
        failover: 'PRIMARY',
        healthCheckId: this.answers[region]?.attrHealthCheckId,
      }),
      new CfnRecordSet(this, `Lost${number}`, { ...record('lost'), failover: 'SECONDARY' }),
    ];
  }

  /** The region as the edge finds it: name, certificate, load balancer, servers, and what these need. */
  private answersCheck(id: string, { names }: RegionRoutingProps, region: string): CfnHealthCheck {
    return this.check(id, `${names.workload} ${region} answers`, {
      type: 'HTTPS',
      fullyQualifiedDomainName: names.regionOrigin(region),
      port: 443,
      resourcePath: READINESS,
      enableSni: true,
      requestInterval: CHECK_INTERVAL.toSeconds(),
      failureThreshold: FAILURE_THRESHOLD,
    });
  }

  /** Healthy while the alarm is on, or the opposite. Without news the last answer stays. */
  private tookOverCheck(
    id: string,
    { names, standby }: RegionRoutingProps,
    healthyWhenOn: boolean,
  ): CfnHealthCheck {
    const what = healthyWhenOn ? 'has taken over' : 'has not taken over';
    return this.check(id, `${names.workload} ${standby} ${what}`, {
      type: 'CLOUDWATCH_METRIC',
      alarmIdentifier: { name: names.tookOverAlarm(standby), region: standby },
      insufficientDataHealthStatus: 'LastKnownStatus',
      inverted: healthyWhenOn,
    });
  }

  private all(
    id: string,
    { names }: RegionRoutingProps,
    children: readonly CfnHealthCheck[],
  ): CfnHealthCheck {
    return this.check(id, `${names.workload} ${id === 'HomeServes' ? 'home' : 'standby'} serves`, {
      type: 'CALCULATED',
      childHealthChecks: children.map(({ attrHealthCheckId }) => attrHealthCheckId),
      healthThreshold: children.length,
    });
  }

  private check(
    id: string,
    name: string,
    healthCheckConfig: CfnHealthCheck.HealthCheckConfigProperty,
  ): CfnHealthCheck {
    return new CfnHealthCheck(this, id, {
      healthCheckConfig,
      healthCheckTags: [{ key: 'Name', value: name }],
    });
  }
}
