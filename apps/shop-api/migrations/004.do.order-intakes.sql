-- What became of orders that were kept in the queue while the database took none (docs/adr/0074). The id is made of the
-- order's key and payload. `detail` is the order's id, or the reason why it was refused.
CREATE TABLE order_intakes (
  id uuid PRIMARY KEY,
  outcome text NOT NULL CHECK (outcome IN ('stored', 'refused')),
  detail text NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX order_intakes_recorded_at ON order_intakes (recorded_at);
