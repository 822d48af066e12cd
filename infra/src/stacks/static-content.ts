/**
 * The pages of a tier in one region, published with the stack. The ids of these constructs are part of the deployed
 * stacks: do not rename them.
 */
import { join } from 'node:path';
import type { Stack } from 'aws-cdk-lib';
import { StaticSite, type StaticSiteProps } from '../constructs/static-site.ts';
import { pinLogicalIds } from './pin-logical-id.ts';

/** The folder that is published. */
export const STATIC_CONTENT = join(import.meta.dirname, '../../static');

const STATIC_CONTENT_ID = 'StaticContent';

export interface StaticContentOptions extends Omit<
  StaticSiteProps,
  'contentPath' | 'contentLogicalId' | 'configuration'
> {
  /** Base URL of the API as the pages call it; empty where both have one address. */
  readonly apiUrl: string;
}

export function createStaticContent(stack: Stack, { apiUrl, ...props }: StaticContentOptions): StaticSite {
  const site = new StaticSite(stack, 'StaticSite', {
    ...props,
    contentPath: STATIC_CONTENT,
    configuration: { apiUrl },
    contentLogicalId: STATIC_CONTENT_ID,
  });
  pinLogicalIds({
    [STATIC_CONTENT_ID]: site.bucket,
    StaticEdgeLogs: site.edgeLogs,
    // Named for what it serves: the pages only, or the whole workload.
    [props.apiBehaviors === undefined ? 'StaticDistribution' : 'Distribution']: site.distribution,
  });
  return site;
}
