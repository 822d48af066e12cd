/** Said at every synth until it is settled: a shop whose payments go nowhere looks deployed and sells nothing. */
import { Annotations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import {
  type DeploymentSettings,
  PLACEHOLDER_PAYMENT_URL,
  PLACEHOLDER_REVIEWS_URL,
} from '../settings/settings.ts';

export function warnOfPlaceholders(scope: Construct, { paymentUrl, reviewsUrl }: DeploymentSettings): void {
  if (paymentUrl === PLACEHOLDER_PAYMENT_URL) {
    Annotations.of(scope).addWarningV2(
      '@nines/infra:no-payment',
      'No payment service was named, so orders will be refused: pass -c paymentUrl=https://...',
    );
  }
  if (reviewsUrl === PLACEHOLDER_REVIEWS_URL) {
    Annotations.of(scope).addInfoV2(
      '@nines/infra:no-reviews',
      'No reviews service was named, so products come without reviews: pass -c reviewsUrl=https://...',
    );
  }
}
