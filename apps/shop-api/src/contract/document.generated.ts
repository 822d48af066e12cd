// Generated from openapi.yaml by `npm run generate -w @nines/shop-api`. Do not edit: edit the contract.
export const contractDocument = {
  "openapi": "3.1.0",
  "info": {
    "title": "Nines shop",
    "version": "1.0.0",
    "description": "One shop, the same contract in every tier. Product pages and orders stay readable while the database's writer\nis away (`x-data-freshness: stale`), and every refusal says when to come back (`Retry-After`).\n\nEvery answer carries `x-request-id` and `x-served-by`. Every error is an RFC 9457 problem whose `code` is\nstable; `title` and `detail` are for people and may change.\n\nA 429 comes from the gateway in front of a tier without servers, when more requests come than its rate allows: it\nnever reached the shop, so it carries none of these headers, no problem and no `Retry-After`. Take it for a\n`Retry-After` of one second: wait that long and a random part more, double the wait each time, and give up with\nyour own deadline. Nothing was done, so any request may be repeated.\n",
    "license": {
      "name": "Apache-2.0",
      "identifier": "Apache-2.0"
    }
  },
  "servers": [
    {
      "url": "/"
    }
  ],
  "security": [],
  "tags": [
    {
      "name": "products",
      "description": "The catalogue, as of the last refresh of this instance's copy."
    },
    {
      "name": "orders",
      "description": "Placing orders and reading them back."
    },
    {
      "name": "operations",
      "description": "For load balancers and monitoring, not for customers."
    }
  ],
  "paths": {
    "/products": {
      "get": {
        "operationId": "listProducts",
        "tags": [
          "products"
        ],
        "summary": "List the products, in the order of their ids.",
        "parameters": [
          {
            "$ref": "#/components/parameters/RequestId"
          },
          {
            "$ref": "#/components/parameters/RequestTimeout"
          },
          {
            "$ref": "#/components/parameters/Limit"
          },
          {
            "$ref": "#/components/parameters/Cursor"
          }
        ],
        "responses": {
          "200": {
            "description": "A page of products; `nextCursor` is absent on the last page.",
            "headers": {
              "x-data-freshness": {
                "$ref": "#/components/headers/DataFreshness"
              },
              "age": {
                "$ref": "#/components/headers/Age"
              }
            },
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/ProductPage"
                }
              }
            }
          },
          "429": {
            "$ref": "#/components/responses/Throttled"
          },
          "default": {
            "$ref": "#/components/responses/Problem"
          }
        }
      }
    },
    "/products/{id}": {
      "get": {
        "operationId": "getProduct",
        "tags": [
          "products"
        ],
        "summary": "Read one product, with reviews and recommendations when their service answers.",
        "parameters": [
          {
            "$ref": "#/components/parameters/ProductId"
          },
          {
            "$ref": "#/components/parameters/RequestId"
          },
          {
            "$ref": "#/components/parameters/RequestTimeout"
          }
        ],
        "responses": {
          "200": {
            "description": "The product. `reviews` and `recommendations` are null while their service is away.",
            "headers": {
              "x-data-freshness": {
                "$ref": "#/components/headers/DataFreshness"
              },
              "age": {
                "$ref": "#/components/headers/Age"
              }
            },
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/ProductDetail"
                }
              }
            }
          },
          "429": {
            "$ref": "#/components/responses/Throttled"
          },
          "default": {
            "$ref": "#/components/responses/Problem"
          }
        }
      }
    },
    "/orders": {
      "get": {
        "operationId": "listOrders",
        "tags": [
          "orders"
        ],
        "summary": "List orders, newest first.",
        "parameters": [
          {
            "$ref": "#/components/parameters/RequestId"
          },
          {
            "$ref": "#/components/parameters/RequestTimeout"
          },
          {
            "$ref": "#/components/parameters/Limit"
          },
          {
            "$ref": "#/components/parameters/Cursor"
          }
        ],
        "responses": {
          "200": {
            "description": "A page of orders; `nextCursor` is absent on the last page.",
            "headers": {
              "x-data-freshness": {
                "$ref": "#/components/headers/DataFreshness"
              },
              "age": {
                "$ref": "#/components/headers/Age"
              }
            },
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/OrderPage"
                }
              }
            }
          },
          "429": {
            "$ref": "#/components/responses/Throttled"
          },
          "default": {
            "$ref": "#/components/responses/Problem"
          }
        }
      },
      "post": {
        "operationId": "placeOrder",
        "tags": [
          "orders"
        ],
        "summary": "Place an order, once for each `Idempotency-Key`.",
        "description": "The same key with the same payload answers the same 201 again, marked `Idempotent-Replayed: true`, and\nchanges nothing. After a 503, a 504 or a lost connection the outcome is unknown to the client: send the\nsame request with the same key again. Keys are kept for 24 hours.\n\nWhere orders are buffered, one that the database does not take is answered 202: it is kept in a queue, its\npayment authorized, and will be stored once or refused with a reason, which its `location` tells. The same\nrequest with the same key answers the same 202 while the database takes none, and the order's own 201 as soon\nas it is stored.\n\nProblems by `code`: `validation-failed` (400), `payment-declined` (402), `out-of-stock` (409),\n`body-too-large` (413), `unsupported-media-type` (415), `idempotency-key-reused` and `unknown-product` (422),\n`writer-unavailable`, `payment-unavailable` and `overloaded` (503), `deadline-exceeded` (504).\n",
        "parameters": [
          {
            "$ref": "#/components/parameters/IdempotencyKey"
          },
          {
            "$ref": "#/components/parameters/RequestId"
          },
          {
            "$ref": "#/components/parameters/RequestTimeout"
          }
        ],
        "requestBody": {
          "required": true,
          "content": {
            "application/json": {
              "schema": {
                "$ref": "#/components/schemas/NewOrder"
              }
            }
          }
        },
        "responses": {
          "201": {
            "description": "The order is stored and will be charged once.",
            "headers": {
              "location": {
                "description": "Where the order can be read.",
                "schema": {
                  "type": "string"
                }
              },
              "idempotent-replayed": {
                "description": "Present and `true` when an earlier request with this key had placed the order.",
                "schema": {
                  "type": "string",
                  "enum": [
                    "true"
                  ]
                }
              }
            },
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/Order"
                }
              }
            }
          },
          "202": {
            "description": "The order is kept and will be decided about; not stored yet.",
            "headers": {
              "location": {
                "description": "Where it can be read what became of the order.",
                "required": true,
                "schema": {
                  "type": "string"
                }
              },
              "retry-after": {
                "$ref": "#/components/headers/RetryAfter"
              }
            },
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/QueuedOrder"
                }
              }
            }
          },
          "429": {
            "$ref": "#/components/responses/Throttled"
          },
          "default": {
            "$ref": "#/components/responses/Problem"
          }
        }
      }
    },
    "/orders/{id}": {
      "get": {
        "operationId": "getOrder",
        "tags": [
          "orders"
        ],
        "summary": "Read one order.",
        "parameters": [
          {
            "$ref": "#/components/parameters/OrderId"
          },
          {
            "$ref": "#/components/parameters/RequestId"
          },
          {
            "$ref": "#/components/parameters/RequestTimeout"
          }
        ],
        "responses": {
          "200": {
            "description": "The order.",
            "headers": {
              "x-data-freshness": {
                "$ref": "#/components/headers/DataFreshness"
              },
              "age": {
                "$ref": "#/components/headers/Age"
              }
            },
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/Order"
                }
              }
            }
          },
          "429": {
            "$ref": "#/components/responses/Throttled"
          },
          "default": {
            "$ref": "#/components/responses/Problem"
          }
        }
      }
    },
    "/order-intakes/{id}": {
      "get": {
        "operationId": "getOrderIntake",
        "tags": [
          "orders"
        ],
        "summary": "What became of an order that was answered 202.",
        "description": "`pending` as long as no result is recorded; an id that was never given looks the same. Results are kept for a\nweek. 404 where orders are not buffered at all.\n",
        "parameters": [
          {
            "$ref": "#/components/parameters/IntakeId"
          },
          {
            "$ref": "#/components/parameters/RequestId"
          },
          {
            "$ref": "#/components/parameters/RequestTimeout"
          }
        ],
        "responses": {
          "200": {
            "description": "The result, or that there is none yet.",
            "headers": {
              "retry-after": {
                "$ref": "#/components/headers/RetryAfter"
              }
            },
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/OrderIntake"
                }
              }
            }
          },
          "429": {
            "$ref": "#/components/responses/Throttled"
          },
          "default": {
            "$ref": "#/components/responses/Problem"
          }
        }
      }
    },
    "/livez": {
      "get": {
        "operationId": "getLiveness",
        "tags": [
          "operations"
        ],
        "summary": "Whether the process can answer at all; touches no dependency.",
        "responses": {
          "200": {
            "description": "The process answers.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/Liveness"
                }
              }
            }
          }
        }
      }
    },
    "/readyz": {
      "get": {
        "operationId": "getReadiness",
        "tags": [
          "operations"
        ],
        "summary": "Whether this instance should get requests; tests the data plane.",
        "responses": {
          "200": {
            "description": "`ready`, or `degraded` when reads are answered from last-known-good data.",
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/Readiness"
                }
              }
            }
          },
          "503": {
            "description": "Draining, or unable to serve anything.",
            "headers": {
              "retry-after": {
                "$ref": "#/components/headers/RetryAfter"
              }
            },
            "content": {
              "application/json": {
                "schema": {
                  "$ref": "#/components/schemas/Readiness"
                }
              }
            }
          }
        }
      }
    },
    "/metrics": {
      "get": {
        "operationId": "getMetrics",
        "tags": [
          "operations"
        ],
        "summary": "Metrics in the Prometheus text format.",
        "responses": {
          "200": {
            "description": "All metrics of this instance.",
            "content": {
              "text/plain": {
                "schema": {
                  "type": "string"
                }
              }
            }
          }
        }
      }
    }
  },
  "components": {
    "parameters": {
      "Limit": {
        "name": "limit",
        "in": "query",
        "description": "How many items to return.",
        "schema": {
          "type": "integer",
          "minimum": 1,
          "maximum": 100,
          "default": 20
        }
      },
      "Cursor": {
        "name": "cursor",
        "in": "query",
        "description": "The `nextCursor` of the page before. Opaque.",
        "schema": {
          "type": "string",
          "minLength": 1,
          "maxLength": 100,
          "pattern": "^[A-Za-z0-9_-]+$"
        }
      },
      "ProductId": {
        "name": "id",
        "in": "path",
        "required": true,
        "schema": {
          "$ref": "#/components/schemas/ProductId"
        }
      },
      "OrderId": {
        "name": "id",
        "in": "path",
        "required": true,
        "schema": {
          "$ref": "#/components/schemas/OrderId"
        }
      },
      "IntakeId": {
        "name": "id",
        "in": "path",
        "required": true,
        "schema": {
          "$ref": "#/components/schemas/IntakeId"
        }
      },
      "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "required": true,
        "description": "Chosen by the client, new for each order it means to place.",
        "schema": {
          "type": "string",
          "minLength": 1,
          "maxLength": 255,
          "pattern": "^[\\x21-\\x7e]+$"
        }
      },
      "RequestId": {
        "name": "x-request-id",
        "in": "header",
        "description": "Echoed and passed on; made up when absent.",
        "schema": {
          "type": "string",
          "minLength": 1,
          "maxLength": 128,
          "pattern": "^[A-Za-z0-9._:/+=@-]+$"
        }
      },
      "RequestTimeout": {
        "name": "x-request-timeout-ms",
        "in": "header",
        "description": "The time the client is still willing to wait, in milliseconds from now. Relative, so that clocks need not\nagree. Work past it is dropped and answered with 504 `deadline-exceeded`.\n",
        "schema": {
          "type": "integer",
          "minimum": 1,
          "maximum": 600000
        }
      }
    },
    "headers": {
      "DataFreshness": {
        "description": "`stale` when the answer is last-known-good data because the database did not answer.",
        "required": true,
        "schema": {
          "type": "string",
          "enum": [
            "live",
            "stale"
          ]
        }
      },
      "Age": {
        "description": "How old the data is, in whole seconds. Present when it is stale.",
        "schema": {
          "type": "string",
          "pattern": "^[0-9]+$"
        }
      },
      "RetryAfter": {
        "description": "Seconds to wait before the next attempt.",
        "schema": {
          "type": "string",
          "pattern": "^[0-9]+$"
        }
      }
    },
    "responses": {
      "Throttled": {
        "description": "The gateway's own answer above its rate; see the introduction for what to do.",
        "content": {
          "application/json": {
            "schema": {
              "$ref": "#/components/schemas/GatewayMessage"
            }
          }
        }
      },
      "Problem": {
        "description": "Why the request was not fulfilled.",
        "headers": {
          "retry-after": {
            "$ref": "#/components/headers/RetryAfter"
          },
          "x-load-shed": {
            "description": "Present and `true` on an answer that was shed, so that a client can tell shed from broken.",
            "schema": {
              "type": "string",
              "enum": [
                "true"
              ]
            }
          }
        },
        "content": {
          "application/problem+json": {
            "schema": {
              "$ref": "#/components/schemas/Problem"
            }
          }
        }
      }
    },
    "schemas": {
      "ProductId": {
        "type": "string",
        "minLength": 1,
        "maxLength": 64,
        "pattern": "^[a-z0-9-]+$"
      },
      "OrderId": {
        "type": "string",
        "format": "uuid"
      },
      "IntakeId": {
        "description": "The same for every request with the same `Idempotency-Key` and payload.",
        "type": "string",
        "format": "uuid"
      },
      "Cents": {
        "description": "An amount in the hundredth part of the currency.",
        "type": "integer",
        "minimum": 0,
        "maximum": 9007199254740991
      },
      "Currency": {
        "type": "string",
        "enum": [
          "EUR"
        ]
      },
      "Product": {
        "type": "object",
        "required": [
          "id",
          "name",
          "priceCents",
          "currency",
          "stock"
        ],
        "additionalProperties": false,
        "properties": {
          "id": {
            "$ref": "#/components/schemas/ProductId"
          },
          "name": {
            "type": "string",
            "minLength": 1,
            "maxLength": 200
          },
          "priceCents": {
            "$ref": "#/components/schemas/Cents"
          },
          "currency": {
            "$ref": "#/components/schemas/Currency"
          },
          "stock": {
            "type": "integer",
            "minimum": 0
          }
        }
      },
      "ProductPage": {
        "type": "object",
        "required": [
          "items"
        ],
        "additionalProperties": false,
        "properties": {
          "items": {
            "type": "array",
            "maxItems": 100,
            "items": {
              "$ref": "#/components/schemas/Product"
            }
          },
          "nextCursor": {
            "type": "string"
          }
        }
      },
      "Reviews": {
        "type": "object",
        "required": [
          "average",
          "count",
          "latest"
        ],
        "additionalProperties": false,
        "properties": {
          "average": {
            "type": "number",
            "minimum": 1,
            "maximum": 5
          },
          "count": {
            "type": "integer",
            "minimum": 0
          },
          "latest": {
            "type": "array",
            "maxItems": 3,
            "items": {
              "type": "object",
              "required": [
                "author",
                "rating",
                "text"
              ],
              "additionalProperties": false,
              "properties": {
                "author": {
                  "type": "string",
                  "maxLength": 100
                },
                "rating": {
                  "type": "integer",
                  "minimum": 1,
                  "maximum": 5
                },
                "text": {
                  "type": "string",
                  "maxLength": 1000
                }
              }
            }
          }
        }
      },
      "Recommendations": {
        "type": "array",
        "maxItems": 10,
        "items": {
          "type": "object",
          "required": [
            "productId"
          ],
          "additionalProperties": false,
          "properties": {
            "productId": {
              "$ref": "#/components/schemas/ProductId"
            }
          }
        }
      },
      "ProductDetail": {
        "type": "object",
        "required": [
          "id",
          "name",
          "priceCents",
          "currency",
          "stock",
          "reviews",
          "recommendations"
        ],
        "additionalProperties": false,
        "properties": {
          "id": {
            "$ref": "#/components/schemas/ProductId"
          },
          "name": {
            "type": "string",
            "minLength": 1,
            "maxLength": 200
          },
          "priceCents": {
            "$ref": "#/components/schemas/Cents"
          },
          "currency": {
            "$ref": "#/components/schemas/Currency"
          },
          "stock": {
            "type": "integer",
            "minimum": 0
          },
          "reviews": {
            "oneOf": [
              {
                "$ref": "#/components/schemas/Reviews"
              },
              {
                "type": "null"
              }
            ]
          },
          "recommendations": {
            "oneOf": [
              {
                "$ref": "#/components/schemas/Recommendations"
              },
              {
                "type": "null"
              }
            ]
          }
        }
      },
      "NewOrder": {
        "type": "object",
        "required": [
          "reference",
          "items"
        ],
        "additionalProperties": false,
        "properties": {
          "reference": {
            "description": "The client's own name for the order.",
            "type": "string",
            "minLength": 1,
            "maxLength": 100
          },
          "items": {
            "description": "What to buy; a product at most once.",
            "type": "array",
            "minItems": 1,
            "maxItems": 20,
            "items": {
              "type": "object",
              "required": [
                "productId",
                "quantity"
              ],
              "additionalProperties": false,
              "properties": {
                "productId": {
                  "$ref": "#/components/schemas/ProductId"
                },
                "quantity": {
                  "type": "integer",
                  "minimum": 1,
                  "maximum": 10
                }
              }
            }
          }
        }
      },
      "OrderItem": {
        "type": "object",
        "required": [
          "productId",
          "quantity",
          "priceCents"
        ],
        "additionalProperties": false,
        "properties": {
          "productId": {
            "$ref": "#/components/schemas/ProductId"
          },
          "quantity": {
            "type": "integer",
            "minimum": 1,
            "maximum": 10
          },
          "priceCents": {
            "description": "The price of one, as charged.",
            "$ref": "#/components/schemas/Cents"
          }
        }
      },
      "Order": {
        "type": "object",
        "required": [
          "id",
          "reference",
          "status",
          "totalCents",
          "currency",
          "items",
          "createdAt"
        ],
        "additionalProperties": false,
        "properties": {
          "id": {
            "$ref": "#/components/schemas/OrderId"
          },
          "reference": {
            "type": "string"
          },
          "status": {
            "description": "`accepted`: stored, its payment authorized. `paid`: the payment has been taken. `payment-failed`: the\npayment could not be taken and a person has to look at it.\n",
            "type": "string",
            "enum": [
              "accepted",
              "paid",
              "payment-failed"
            ]
          },
          "totalCents": {
            "$ref": "#/components/schemas/Cents"
          },
          "currency": {
            "$ref": "#/components/schemas/Currency"
          },
          "items": {
            "type": "array",
            "items": {
              "$ref": "#/components/schemas/OrderItem"
            }
          },
          "createdAt": {
            "type": "string",
            "format": "date-time"
          }
        }
      },
      "OrderPage": {
        "type": "object",
        "required": [
          "items"
        ],
        "additionalProperties": false,
        "properties": {
          "items": {
            "type": "array",
            "maxItems": 100,
            "items": {
              "$ref": "#/components/schemas/Order"
            }
          },
          "nextCursor": {
            "type": "string"
          }
        }
      },
      "QueuedOrder": {
        "type": "object",
        "required": [
          "id",
          "reference",
          "status"
        ],
        "additionalProperties": false,
        "properties": {
          "id": {
            "$ref": "#/components/schemas/IntakeId"
          },
          "reference": {
            "type": "string"
          },
          "status": {
            "type": "string",
            "enum": [
              "queued"
            ]
          }
        }
      },
      "OrderIntake": {
        "type": "object",
        "required": [
          "id",
          "status"
        ],
        "additionalProperties": false,
        "properties": {
          "id": {
            "$ref": "#/components/schemas/IntakeId"
          },
          "status": {
            "description": "`pending`: not decided yet, or never accepted. `stored`: the order is `orderId`. `refused`: it was not\nstored for `reason`, and the money that was set aside is given back.\n",
            "type": "string",
            "enum": [
              "pending",
              "stored",
              "refused"
            ]
          },
          "orderId": {
            "$ref": "#/components/schemas/OrderId"
          },
          "reason": {
            "description": "`expired`: it was kept for so long that it could not be told from a repetition any more.",
            "type": "string",
            "enum": [
              "out-of-stock",
              "idempotency-key-reused",
              "expired"
            ]
          }
        }
      },
      "GatewayMessage": {
        "type": "object",
        "required": [
          "message"
        ],
        "properties": {
          "message": {
            "type": "string"
          }
        }
      },
      "Liveness": {
        "type": "object",
        "required": [
          "status"
        ],
        "additionalProperties": false,
        "properties": {
          "status": {
            "type": "string",
            "enum": [
              "alive"
            ]
          }
        }
      },
      "Readiness": {
        "type": "object",
        "required": [
          "status",
          "checks"
        ],
        "additionalProperties": false,
        "properties": {
          "status": {
            "type": "string",
            "enum": [
              "ready",
              "degraded",
              "draining",
              "unavailable"
            ]
          },
          "checks": {
            "type": "object",
            "required": [
              "database",
              "catalogue"
            ],
            "additionalProperties": false,
            "properties": {
              "database": {
                "type": "string",
                "enum": [
                  "live",
                  "away",
                  "unknown"
                ]
              },
              "catalogue": {
                "type": "string",
                "enum": [
                  "loaded",
                  "empty"
                ]
              }
            }
          }
        }
      },
      "Problem": {
        "type": "object",
        "required": [
          "type",
          "title",
          "status",
          "detail",
          "code",
          "instance"
        ],
        "additionalProperties": false,
        "properties": {
          "type": {
            "type": "string"
          },
          "title": {
            "type": "string"
          },
          "status": {
            "type": "integer",
            "minimum": 400,
            "maximum": 599
          },
          "detail": {
            "type": "string"
          },
          "code": {
            "$ref": "#/components/schemas/ProblemCode"
          },
          "instance": {
            "description": "The request's id, as a URN.",
            "type": "string"
          },
          "errors": {
            "description": "What is wrong with the request, field by field; only with `validation-failed`.",
            "type": "array",
            "maxItems": 20,
            "items": {
              "type": "object",
              "required": [
                "at",
                "message"
              ],
              "additionalProperties": false,
              "properties": {
                "at": {
                  "type": "string"
                },
                "message": {
                  "type": "string"
                }
              }
            }
          }
        }
      },
      "ProblemCode": {
        "type": "string",
        "enum": [
          "validation-failed",
          "payment-declined",
          "not-found",
          "method-not-allowed",
          "unknown-product",
          "out-of-stock",
          "body-too-large",
          "unsupported-media-type",
          "idempotency-key-reused",
          "overloaded",
          "writer-unavailable",
          "data-unavailable",
          "payment-unavailable",
          "deadline-exceeded",
          "internal"
        ]
      }
    }
  }
} as const;
