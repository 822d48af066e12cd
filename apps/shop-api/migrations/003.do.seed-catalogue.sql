-- Two hundred products with more stock than any load test sells, and one that is sold out for good.
INSERT INTO products (id, name, price_cents, currency, stock)
SELECT
  'product-' || lpad(n::text, 3, '0'),
  (ARRAY['Amber', 'Blue', 'Copper', 'Dark', 'Elder', 'Field', 'Golden', 'Hazel', 'Indigo', 'Juniper'])[1 + n % 10]
    || ' ' ||
  (ARRAY['Backpack', 'Bicycle', 'Chair', 'Clock', 'Desk', 'Jacket', 'Kettle', 'Lamp', 'Mug', 'Notebook',
         'Pan', 'Pen', 'Pillow', 'Radio', 'Rug', 'Scarf', 'Shelf', 'Teapot', 'Tent', 'Umbrella'])[1 + n / 10 % 20],
  499 + (n * 37 % 200) * 100,
  'EUR',
  1000000000
FROM generate_series(1, 200) AS n;

INSERT INTO products (id, name, price_cents, currency, stock)
VALUES ('sold-out', 'Last Year''s Calendar', 999, 'EUR', 0);
