// Generated from openapi.yaml by `npm run generate -w @nines/shop-api`. Do not edit: edit the contract.
export interface paths {
    "/products": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the products, in the order of their ids. */
        get: operations["listProducts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/products/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read one product, with reviews and recommendations when their service answers. */
        get: operations["getProduct"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/orders": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List orders, newest first. */
        get: operations["listOrders"];
        put?: never;
        /**
         * Place an order, once for each `Idempotency-Key`.
         * @description The same key with the same payload answers the same 201 again, marked `Idempotent-Replayed: true`, and
         *     changes nothing. After a 503, a 504 or a lost connection the outcome is unknown to the client: send the
         *     same request with the same key again. Keys are kept for 24 hours.
         *
         *     Where orders are buffered, one that the database does not take is answered 202: it is kept in a queue, its
         *     payment authorized, and will be stored once or refused with a reason, which its `location` tells. The same
         *     request with the same key answers the same 202 while the database takes none, and the order's own 201 as soon
         *     as it is stored.
         *
         *     Problems by `code`: `validation-failed` (400), `payment-declined` (402), `out-of-stock` (409),
         *     `body-too-large` (413), `unsupported-media-type` (415), `idempotency-key-reused` and `unknown-product` (422),
         *     `writer-unavailable`, `payment-unavailable` and `overloaded` (503), `deadline-exceeded` (504).
         */
        post: operations["placeOrder"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/orders/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read one order. */
        get: operations["getOrder"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/order-intakes/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What became of an order that was answered 202.
         * @description `pending` as long as no result is recorded; an id that was never given looks the same. Results are kept for a
         *     week. 404 where orders are not buffered at all.
         */
        get: operations["getOrderIntake"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/livez": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the process can answer at all; touches no dependency. */
        get: operations["getLiveness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether this instance should get requests; tests the data plane. */
        get: operations["getReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Metrics in the Prometheus text format. */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        ProductId: string;
        /** Format: uuid */
        OrderId: string;
        /**
         * Format: uuid
         * @description The same for every request with the same `Idempotency-Key` and payload.
         */
        IntakeId: string;
        /** @description An amount in the hundredth part of the currency. */
        Cents: number;
        /** @enum {string} */
        Currency: "EUR";
        Product: {
            id: components["schemas"]["ProductId"];
            name: string;
            priceCents: components["schemas"]["Cents"];
            currency: components["schemas"]["Currency"];
            stock: number;
        };
        ProductPage: {
            items: components["schemas"]["Product"][];
            nextCursor?: string;
        };
        Reviews: {
            average: number;
            count: number;
            latest: {
                author: string;
                rating: number;
                text: string;
            }[];
        };
        Recommendations: {
            productId: components["schemas"]["ProductId"];
        }[];
        ProductDetail: {
            id: components["schemas"]["ProductId"];
            name: string;
            priceCents: components["schemas"]["Cents"];
            currency: components["schemas"]["Currency"];
            stock: number;
            reviews: components["schemas"]["Reviews"] | null;
            recommendations: components["schemas"]["Recommendations"] | null;
        };
        NewOrder: {
            /** @description The client's own name for the order. */
            reference: string;
            /** @description What to buy; a product at most once. */
            items: {
                productId: components["schemas"]["ProductId"];
                quantity: number;
            }[];
        };
        OrderItem: {
            productId: components["schemas"]["ProductId"];
            quantity: number;
            /** @description The price of one, as charged. */
            priceCents: components["schemas"]["Cents"];
        };
        Order: {
            id: components["schemas"]["OrderId"];
            reference: string;
            /**
             * @description `accepted`: stored, its payment authorized. `paid`: the payment has been taken. `payment-failed`: the
             *     payment could not be taken and a person has to look at it.
             * @enum {string}
             */
            status: "accepted" | "paid" | "payment-failed";
            totalCents: components["schemas"]["Cents"];
            currency: components["schemas"]["Currency"];
            items: components["schemas"]["OrderItem"][];
            /** Format: date-time */
            createdAt: string;
        };
        OrderPage: {
            items: components["schemas"]["Order"][];
            nextCursor?: string;
        };
        QueuedOrder: {
            id: components["schemas"]["IntakeId"];
            reference: string;
            /** @enum {string} */
            status: "queued";
        };
        OrderIntake: {
            id: components["schemas"]["IntakeId"];
            /**
             * @description `pending`: not decided yet, or never accepted. `stored`: the order is `orderId`. `refused`: it was not
             *     stored for `reason`, and the money that was set aside is given back.
             * @enum {string}
             */
            status: "pending" | "stored" | "refused";
            orderId?: components["schemas"]["OrderId"];
            /**
             * @description `expired`: it was kept for so long that it could not be told from a repetition any more.
             * @enum {string}
             */
            reason?: "out-of-stock" | "idempotency-key-reused" | "expired";
        };
        GatewayMessage: {
            message: string;
        };
        Liveness: {
            /** @enum {string} */
            status: "alive";
        };
        Readiness: {
            /** @enum {string} */
            status: "ready" | "degraded" | "draining" | "unavailable";
            checks: {
                /** @enum {string} */
                database: "live" | "away" | "unknown";
                /** @enum {string} */
                catalogue: "loaded" | "empty";
            };
        };
        Problem: {
            type: string;
            title: string;
            status: number;
            detail: string;
            code: components["schemas"]["ProblemCode"];
            /** @description The request's id, as a URN. */
            instance: string;
            /** @description What is wrong with the request, field by field; only with `validation-failed`. */
            errors?: {
                at: string;
                message: string;
            }[];
        };
        /** @enum {string} */
        ProblemCode: "validation-failed" | "payment-declined" | "not-found" | "method-not-allowed" | "unknown-product" | "out-of-stock" | "body-too-large" | "unsupported-media-type" | "idempotency-key-reused" | "overloaded" | "writer-unavailable" | "data-unavailable" | "payment-unavailable" | "deadline-exceeded" | "internal";
    };
    responses: {
        /** @description The gateway's own answer above its rate; see the introduction for what to do. */
        Throttled: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["GatewayMessage"];
            };
        };
        /** @description Why the request was not fulfilled. */
        Problem: {
            headers: {
                "retry-after": components["headers"]["RetryAfter"];
                /** @description Present and `true` on an answer that was shed, so that a client can tell shed from broken. */
                "x-load-shed"?: "true";
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: {
        /** @description How many items to return. */
        Limit: number;
        /** @description The `nextCursor` of the page before. Opaque. */
        Cursor: string;
        ProductId: components["schemas"]["ProductId"];
        OrderId: components["schemas"]["OrderId"];
        IntakeId: components["schemas"]["IntakeId"];
        /** @description Chosen by the client, new for each order it means to place. */
        IdempotencyKey: string;
        /** @description Echoed and passed on; made up when absent. */
        RequestId: string;
        /**
         * @description The time the client is still willing to wait, in milliseconds from now. Relative, so that clocks need not
         *     agree. Work past it is dropped and answered with 504 `deadline-exceeded`.
         */
        RequestTimeout: number;
    };
    requestBodies: never;
    headers: {
        /** @description `stale` when the answer is last-known-good data because the database did not answer. */
        DataFreshness: "live" | "stale";
        /** @description How old the data is, in whole seconds. Present when it is stale. */
        Age: string;
        /** @description Seconds to wait before the next attempt. */
        RetryAfter: string;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listProducts: {
        parameters: {
            query?: {
                /** @description How many items to return. */
                limit?: components["parameters"]["Limit"];
                /** @description The `nextCursor` of the page before. Opaque. */
                cursor?: components["parameters"]["Cursor"];
            };
            header?: {
                /** @description Echoed and passed on; made up when absent. */
                "x-request-id"?: components["parameters"]["RequestId"];
                /**
                 * @description The time the client is still willing to wait, in milliseconds from now. Relative, so that clocks need not
                 *     agree. Work past it is dropped and answered with 504 `deadline-exceeded`.
                 */
                "x-request-timeout-ms"?: components["parameters"]["RequestTimeout"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of products; `nextCursor` is absent on the last page. */
            200: {
                headers: {
                    "x-data-freshness": components["headers"]["DataFreshness"];
                    age: components["headers"]["Age"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProductPage"];
                };
            };
            429: components["responses"]["Throttled"];
            default: components["responses"]["Problem"];
        };
    };
    getProduct: {
        parameters: {
            query?: never;
            header?: {
                /** @description Echoed and passed on; made up when absent. */
                "x-request-id"?: components["parameters"]["RequestId"];
                /**
                 * @description The time the client is still willing to wait, in milliseconds from now. Relative, so that clocks need not
                 *     agree. Work past it is dropped and answered with 504 `deadline-exceeded`.
                 */
                "x-request-timeout-ms"?: components["parameters"]["RequestTimeout"];
            };
            path: {
                id: components["parameters"]["ProductId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The product. `reviews` and `recommendations` are null while their service is away. */
            200: {
                headers: {
                    "x-data-freshness": components["headers"]["DataFreshness"];
                    age: components["headers"]["Age"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProductDetail"];
                };
            };
            429: components["responses"]["Throttled"];
            default: components["responses"]["Problem"];
        };
    };
    listOrders: {
        parameters: {
            query?: {
                /** @description How many items to return. */
                limit?: components["parameters"]["Limit"];
                /** @description The `nextCursor` of the page before. Opaque. */
                cursor?: components["parameters"]["Cursor"];
            };
            header?: {
                /** @description Echoed and passed on; made up when absent. */
                "x-request-id"?: components["parameters"]["RequestId"];
                /**
                 * @description The time the client is still willing to wait, in milliseconds from now. Relative, so that clocks need not
                 *     agree. Work past it is dropped and answered with 504 `deadline-exceeded`.
                 */
                "x-request-timeout-ms"?: components["parameters"]["RequestTimeout"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of orders; `nextCursor` is absent on the last page. */
            200: {
                headers: {
                    "x-data-freshness": components["headers"]["DataFreshness"];
                    age: components["headers"]["Age"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrderPage"];
                };
            };
            429: components["responses"]["Throttled"];
            default: components["responses"]["Problem"];
        };
    };
    placeOrder: {
        parameters: {
            query?: never;
            header: {
                /** @description Chosen by the client, new for each order it means to place. */
                "Idempotency-Key": components["parameters"]["IdempotencyKey"];
                /** @description Echoed and passed on; made up when absent. */
                "x-request-id"?: components["parameters"]["RequestId"];
                /**
                 * @description The time the client is still willing to wait, in milliseconds from now. Relative, so that clocks need not
                 *     agree. Work past it is dropped and answered with 504 `deadline-exceeded`.
                 */
                "x-request-timeout-ms"?: components["parameters"]["RequestTimeout"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewOrder"];
            };
        };
        responses: {
            /** @description The order is stored and will be charged once. */
            201: {
                headers: {
                    /** @description Where the order can be read. */
                    location?: string;
                    /** @description Present and `true` when an earlier request with this key had placed the order. */
                    "idempotent-replayed"?: "true";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Order"];
                };
            };
            /** @description The order is kept and will be decided about; not stored yet. */
            202: {
                headers: {
                    /** @description Where it can be read what became of the order. */
                    location: string;
                    "retry-after": components["headers"]["RetryAfter"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["QueuedOrder"];
                };
            };
            429: components["responses"]["Throttled"];
            default: components["responses"]["Problem"];
        };
    };
    getOrder: {
        parameters: {
            query?: never;
            header?: {
                /** @description Echoed and passed on; made up when absent. */
                "x-request-id"?: components["parameters"]["RequestId"];
                /**
                 * @description The time the client is still willing to wait, in milliseconds from now. Relative, so that clocks need not
                 *     agree. Work past it is dropped and answered with 504 `deadline-exceeded`.
                 */
                "x-request-timeout-ms"?: components["parameters"]["RequestTimeout"];
            };
            path: {
                id: components["parameters"]["OrderId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The order. */
            200: {
                headers: {
                    "x-data-freshness": components["headers"]["DataFreshness"];
                    age: components["headers"]["Age"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Order"];
                };
            };
            429: components["responses"]["Throttled"];
            default: components["responses"]["Problem"];
        };
    };
    getOrderIntake: {
        parameters: {
            query?: never;
            header?: {
                /** @description Echoed and passed on; made up when absent. */
                "x-request-id"?: components["parameters"]["RequestId"];
                /**
                 * @description The time the client is still willing to wait, in milliseconds from now. Relative, so that clocks need not
                 *     agree. Work past it is dropped and answered with 504 `deadline-exceeded`.
                 */
                "x-request-timeout-ms"?: components["parameters"]["RequestTimeout"];
            };
            path: {
                id: components["parameters"]["IntakeId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The result, or that there is none yet. */
            200: {
                headers: {
                    "retry-after": components["headers"]["RetryAfter"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OrderIntake"];
                };
            };
            429: components["responses"]["Throttled"];
            default: components["responses"]["Problem"];
        };
    };
    getLiveness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The process answers. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Liveness"];
                };
            };
        };
    };
    getReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description `ready`, or `degraded` when reads are answered from last-known-good data. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
            /** @description Draining, or unable to serve anything. */
            503: {
                headers: {
                    "retry-after": components["headers"]["RetryAfter"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
        };
    };
    getMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All metrics of this instance. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
        };
    };
}
