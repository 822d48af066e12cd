/**
 * What the deployed template sets that a game day's predictions and limits stand on. Read from the template itself, so
 * that a changed template changes both.
 */

export interface Throttle {
  readonly rateLimit: number;
  readonly burstLimit: number;
}

export interface TemplateSettings {
  /** Above it the stage refuses; absent: nothing but the account's quota does. */
  readonly stage?: Throttle;
  /** The same for orders, which have a rate of their own where the stage has one. */
  readonly orders?: Throttle;
  /** Logical id of the function that answers for orders. */
  readonly ordersFunction: string;
  /** The queue that reminds of stored orders: how often it delivers what is not understood, and how long it waits. */
  readonly queue: { readonly deliveries: number; readonly visibilitySeconds: number };
  /** Whether an order that the table refuses is kept for later. */
  readonly keepsOrders: boolean;
}

interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

/** The template is not one of a serverless tier. */
export class TemplateUnreadableError extends Error {
  readonly code = 'template-unreadable';
  override readonly name = 'TemplateUnreadableError';
}

interface RouteSettings {
  readonly ThrottlingRateLimit?: unknown;
  readonly ThrottlingBurstLimit?: unknown;
}

function throttleOf(settings: RouteSettings | undefined): Throttle | undefined {
  const { ThrottlingRateLimit: rateLimit, ThrottlingBurstLimit: burstLimit } = settings ?? {};
  return typeof rateLimit === 'number' && typeof burstLimit === 'number'
    ? { rateLimit, burstLimit }
    : undefined;
}

const ORDERS_ROUTE = 'POST /orders';

/** @throws TemplateUnreadableError when the queue of the worker is not in it. */
export function readTemplateSettings(template: unknown): TemplateSettings {
  const resources = (template as { Resources?: Readonly<Record<string, Resource>> } | null)?.Resources ?? {};
  const stageProperties = Object.values(resources).find(({ Type }) => Type === 'AWS::ApiGatewayV2::Stage')
    ?.Properties as
    | {
        readonly DefaultRouteSettings?: RouteSettings;
        readonly RouteSettings?: Readonly<Record<string, RouteSettings>>;
      }
    | undefined;
  const stage = throttleOf(stageProperties?.DefaultRouteSettings);
  const orders = throttleOf(stageProperties?.RouteSettings?.[ORDERS_ROUTE]);
  const queue = resources['OrderQueue']?.Properties as
    | {
        readonly VisibilityTimeout?: unknown;
        readonly RedrivePolicy?: { readonly maxReceiveCount?: unknown };
      }
    | undefined;
  const deliveries = queue?.RedrivePolicy?.maxReceiveCount;
  const visibilitySeconds = queue?.VisibilityTimeout;
  if (typeof deliveries !== 'number' || typeof visibilitySeconds !== 'number') {
    throw new TemplateUnreadableError(
      'the template has no OrderQueue with a VisibilityTimeout and a maxReceiveCount; is it of a serverless tier?',
    );
  }
  return {
    ...(stage === undefined ? {} : { stage }),
    ...(orders === undefined ? {} : { orders }),
    ordersFunction: 'OrdersFunction' in resources ? 'OrdersFunction' : 'ShopFunction',
    queue: { deliveries, visibilitySeconds },
    keepsOrders: 'IntakeQueue' in resources,
  };
}

/** How long a message that nobody understands is delivered again and again before it is put aside. */
export const putAsideSecondsOf = ({ queue }: TemplateSettings): number =>
  queue.deliveries * queue.visibilitySeconds;
