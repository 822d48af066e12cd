CREATE TABLE products (
  id text PRIMARY KEY,
  name text NOT NULL,
  price_cents bigint NOT NULL CHECK (price_cents >= 0),
  currency text NOT NULL,
  stock bigint NOT NULL CHECK (stock >= 0)
)
-- Every order updates a stock. Room in the pages and no index on stock keep those updates heap-only, so that the
-- table and its index do not grow under load.
WITH (fillfactor = 50);

CREATE TABLE orders (
  -- UUID version 7: the primary key is also the order of creation, so lists need no second index.
  id uuid PRIMARY KEY,
  reference text NOT NULL,
  status text NOT NULL CHECK (status IN ('accepted', 'paid', 'payment-failed')),
  total_cents bigint NOT NULL CHECK (total_cents >= 0),
  currency text NOT NULL,
  authorization_id text NOT NULL,
  created_at timestamptz NOT NULL
)
WITH (fillfactor = 85);

CREATE TABLE order_items (
  order_id uuid NOT NULL REFERENCES orders (id),
  position smallint NOT NULL,
  -- No reference to products: an order outlives the products it names, and a foreign key would share-lock the hot
  -- product rows once more.
  product_id text NOT NULL,
  quantity integer NOT NULL CHECK (quantity > 0),
  price_cents bigint NOT NULL CHECK (price_cents >= 0),
  PRIMARY KEY (order_id, position)
);

CREATE TABLE idempotency_keys (
  key text PRIMARY KEY,
  fingerprint text NOT NULL,
  order_id uuid NOT NULL UNIQUE REFERENCES orders (id) DEFERRABLE INITIALLY DEFERRED,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);

-- What is still to be done for a stored order: take its payment. A row is deleted when it is done.
CREATE TABLE outbox (
  order_id uuid PRIMARY KEY REFERENCES orders (id),
  due_at timestamptz NOT NULL DEFAULT now(),
  attempt integer NOT NULL DEFAULT 0
);
CREATE INDEX outbox_due_at ON outbox (due_at);
