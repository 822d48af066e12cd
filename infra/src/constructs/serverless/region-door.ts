/**
 * How an HTTP API is reached in its own region, for tiers of several: a certificate, a name of API Gateway for all names
 * below `origin.<domain>`, and the record that leads to it. Whichever name DNS leads to this region by, it answers.
 *
 * One name with an asterisk, because the name that fails over and the name that is checked must both be answered, by an
 * address that other stacks know beforehand (docs/adr/0045-regions-know-each-other-by-name.md).
 */
import { DomainName } from 'aws-cdk-lib/aws-apigatewayv2';
import { Certificate, CertificateValidation } from 'aws-cdk-lib/aws-certificatemanager';
import { CfnRecordSet, HostedZone } from 'aws-cdk-lib/aws-route53';
import { Construct } from 'constructs';
import type { RegionNames } from '../region-names.ts';

/** Seconds; the address of an API changes with the API and never else. */
const TTL = '60';

export interface RegionDoorProps {
  readonly names: RegionNames;
  readonly hostedZoneId: string;
  readonly region: string;
}

export class RegionDoor extends Construct {
  readonly domainName: DomainName;
  readonly certificate: Certificate;
  readonly record: CfnRecordSet;

  constructor(scope: Construct, id: string, { names, hostedZoneId, region }: RegionDoorProps) {
    super(scope, id);
    const zone = HostedZone.fromHostedZoneAttributes(this, 'Zone', {
      hostedZoneId,
      zoneName: names.domainName,
    });
    const anyOrigin = `*.origin.${names.domainName}`;
    this.certificate = new Certificate(this, 'Certificate', {
      domainName: anyOrigin,
      validation: CertificateValidation.fromDns(zone),
    });
    this.domainName = new DomainName(this, 'Name', { domainName: anyOrigin, certificate: this.certificate });
    this.record = new CfnRecordSet(this, 'Record', {
      hostedZoneId,
      name: names.regionOrigin(region),
      type: 'CNAME',
      ttl: TTL,
      resourceRecords: [this.domainName.regionalDomainName],
    });
  }
}
