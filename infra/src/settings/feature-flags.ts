/**
 * The CDK's feature flags as cdk.json fixes them. The CDK's command line passes them to the app; this is for
 * whoever starts without it (tests, the generator of the tier pages), so that all synthesize the same template.
 *
 * They are fixed and not taken from the CDK's list of recommendations: that list grows with every release, and a
 * new flag may replace resources.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const CDK_JSON = join(import.meta.dirname, '../../cdk.json');

export function featureFlags(): Readonly<Record<string, unknown>> {
  const { context } = JSON.parse(readFileSync(CDK_JSON, 'utf8')) as {
    readonly context: Readonly<Record<string, unknown>>;
  };
  return context;
}
