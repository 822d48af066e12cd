-- Stores one order in one statement, and so in one transaction: its locks are held while the server works and
-- commits, never while an answer travels to a busy application and back (docs/adr/0022).
--
-- The key comes first: a concurrent duplicate waits on its unique index until the first has committed or failed.
-- The stock comes last and in the order of the ids: the rows that many orders share are locked for the shortest
-- time, and two orders never wait for each other.
CREATE FUNCTION place_order(
  in_key text,
  in_fingerprint text,
  in_order_id uuid,
  in_reference text,
  in_total_cents bigint,
  in_currency text,
  in_authorization_id text,
  in_created_at timestamptz,
  in_product_ids text[],
  in_quantities integer[],
  in_prices_cents bigint[],
  OUT outcome text,
  OUT detail text
)
LANGUAGE plpgsql
VOLATILE
AS $$
DECLARE
  known record;
  line record;
BEGIN
  INSERT INTO idempotency_keys (key, fingerprint, order_id)
  VALUES (in_key, in_fingerprint, in_order_id)
  ON CONFLICT (key) DO NOTHING;

  IF NOT FOUND THEN
    SELECT k.fingerprint, k.order_id INTO known FROM idempotency_keys k WHERE k.key = in_key;
    IF known.fingerprint = in_fingerprint THEN
      outcome := 'replayed';
      detail := known.order_id::text;
    ELSE
      outcome := 'key-reused';
    END IF;
    RETURN;
  END IF;

  INSERT INTO orders (id, reference, status, total_cents, currency, authorization_id, created_at)
  VALUES (in_order_id, in_reference, 'accepted', in_total_cents, in_currency, in_authorization_id, in_created_at);

  INSERT INTO outbox (order_id) VALUES (in_order_id);

  INSERT INTO order_items (order_id, position, product_id, quantity, price_cents)
  SELECT in_order_id, item.position, item.product_id, item.quantity, item.price_cents
  FROM unnest(in_product_ids, in_quantities, in_prices_cents) WITH ORDINALITY
    AS item (product_id, quantity, price_cents, position);

  FOR line IN
    SELECT item.product_id, item.quantity
    FROM unnest(in_product_ids, in_quantities) AS item (product_id, quantity)
    ORDER BY item.product_id
  LOOP
    UPDATE products SET stock = stock - line.quantity
    WHERE id = line.product_id AND stock >= line.quantity;
    IF NOT FOUND THEN
      -- Undoes everything above; the adapter turns it into an answer.
      RAISE EXCEPTION 'out of stock' USING ERRCODE = 'NI001', DETAIL = line.product_id;
    END IF;
  END LOOP;

  outcome := 'placed';
END
$$;
