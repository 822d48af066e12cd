// Generated from apps/shop-api/openapi.yaml by `npm run generate -w @nines/k6`. Do not edit: edit the contract.
import type { ExpectedAnswer } from '../k6/contract.ts';

export const listProducts: ExpectedAnswer = {
  method: 'GET',
  path: '/products',
  status: 200,
  headers: {
    'X-Data-Freshness': {
      type: 'string',
      enum: ['live', 'stale'],
    },
  },
  body: {
    type: 'object',
    required: ['items'],
    closed: true,
    properties: {
      items: {
        type: 'array',
        maxItems: 100,
        items: {
          type: 'object',
          required: ['id', 'name', 'priceCents', 'currency', 'stock'],
          closed: true,
          properties: {
            id: {
              type: 'string',
              minLength: 1,
              maxLength: 64,
              pattern: '^[a-z0-9-]+$',
            },
            name: {
              type: 'string',
              minLength: 1,
              maxLength: 200,
            },
            priceCents: {
              type: 'integer',
              minimum: 0,
              maximum: 9007199254740991,
            },
            currency: {
              type: 'string',
              enum: ['EUR'],
            },
            stock: {
              type: 'integer',
              minimum: 0,
            },
          },
        },
      },
      nextCursor: {
        type: 'string',
      },
    },
  },
};

export const getProduct: ExpectedAnswer = {
  method: 'GET',
  path: '/products/{id}',
  status: 200,
  headers: {
    'X-Data-Freshness': {
      type: 'string',
      enum: ['live', 'stale'],
    },
  },
  body: {
    type: 'object',
    required: ['id', 'name', 'priceCents', 'currency', 'stock', 'reviews', 'recommendations'],
    closed: true,
    properties: {
      id: {
        type: 'string',
        minLength: 1,
        maxLength: 64,
        pattern: '^[a-z0-9-]+$',
      },
      name: {
        type: 'string',
        minLength: 1,
        maxLength: 200,
      },
      priceCents: {
        type: 'integer',
        minimum: 0,
        maximum: 9007199254740991,
      },
      currency: {
        type: 'string',
        enum: ['EUR'],
      },
      stock: {
        type: 'integer',
        minimum: 0,
      },
      reviews: {
        type: 'any-of',
        shapes: [
          {
            type: 'object',
            required: ['average', 'count', 'latest'],
            closed: true,
            properties: {
              average: {
                type: 'number',
                minimum: 1,
                maximum: 5,
              },
              count: {
                type: 'integer',
                minimum: 0,
              },
              latest: {
                type: 'array',
                maxItems: 3,
                items: {
                  type: 'object',
                  required: ['author', 'rating', 'text'],
                  closed: true,
                  properties: {
                    author: {
                      type: 'string',
                      maxLength: 100,
                    },
                    rating: {
                      type: 'integer',
                      minimum: 1,
                      maximum: 5,
                    },
                    text: {
                      type: 'string',
                      maxLength: 1000,
                    },
                  },
                },
              },
            },
          },
          {
            type: 'null',
          },
        ],
      },
      recommendations: {
        type: 'any-of',
        shapes: [
          {
            type: 'array',
            maxItems: 10,
            items: {
              type: 'object',
              required: ['productId'],
              closed: true,
              properties: {
                productId: {
                  type: 'string',
                  minLength: 1,
                  maxLength: 64,
                  pattern: '^[a-z0-9-]+$',
                },
              },
            },
          },
          {
            type: 'null',
          },
        ],
      },
    },
  },
};

export const placeOrder: ExpectedAnswer = {
  method: 'POST',
  path: '/orders',
  status: 201,
  headers: {},
  body: {
    type: 'object',
    required: ['id', 'reference', 'status', 'totalCents', 'currency', 'items', 'createdAt'],
    closed: true,
    properties: {
      id: {
        type: 'string',
        pattern: '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$',
      },
      reference: {
        type: 'string',
      },
      status: {
        type: 'string',
        enum: ['accepted', 'paid', 'payment-failed'],
      },
      totalCents: {
        type: 'integer',
        minimum: 0,
        maximum: 9007199254740991,
      },
      currency: {
        type: 'string',
        enum: ['EUR'],
      },
      items: {
        type: 'array',
        items: {
          type: 'object',
          required: ['productId', 'quantity', 'priceCents'],
          closed: true,
          properties: {
            productId: {
              type: 'string',
              minLength: 1,
              maxLength: 64,
              pattern: '^[a-z0-9-]+$',
            },
            quantity: {
              type: 'integer',
              minimum: 1,
              maximum: 10,
            },
            priceCents: {
              type: 'integer',
              minimum: 0,
              maximum: 9007199254740991,
            },
          },
        },
      },
      createdAt: {
        type: 'string',
        pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?(Z|[+-]\\d{2}:\\d{2})$',
      },
    },
  },
};

export const getOrder: ExpectedAnswer = {
  method: 'GET',
  path: '/orders/{id}',
  status: 200,
  headers: {
    'X-Data-Freshness': {
      type: 'string',
      enum: ['live', 'stale'],
    },
  },
  body: {
    type: 'object',
    required: ['id', 'reference', 'status', 'totalCents', 'currency', 'items', 'createdAt'],
    closed: true,
    properties: {
      id: {
        type: 'string',
        pattern: '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$',
      },
      reference: {
        type: 'string',
      },
      status: {
        type: 'string',
        enum: ['accepted', 'paid', 'payment-failed'],
      },
      totalCents: {
        type: 'integer',
        minimum: 0,
        maximum: 9007199254740991,
      },
      currency: {
        type: 'string',
        enum: ['EUR'],
      },
      items: {
        type: 'array',
        items: {
          type: 'object',
          required: ['productId', 'quantity', 'priceCents'],
          closed: true,
          properties: {
            productId: {
              type: 'string',
              minLength: 1,
              maxLength: 64,
              pattern: '^[a-z0-9-]+$',
            },
            quantity: {
              type: 'integer',
              minimum: 1,
              maximum: 10,
            },
            priceCents: {
              type: 'integer',
              minimum: 0,
              maximum: 9007199254740991,
            },
          },
        },
      },
      createdAt: {
        type: 'string',
        pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?(Z|[+-]\\d{2}:\\d{2})$',
      },
    },
  },
};
