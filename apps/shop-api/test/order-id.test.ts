import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createOrderId } from '../src/core/order-id.ts';

it('is a UUID of version 7 with the time in front', () => {
  // The time of RFC 9562's own example (appendix A.6), 2022-02-22T19:22:22.000Z; its random bits are the same, too.
  const random = Uint8Array.of(0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f);
  expect(createOrderId(0x017f22e279b0, random)).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f');
});

it('sorts by the time of creation, whatever the random part', () => {
  const time = fc.integer({ min: 0, max: 2 ** 48 - 2 });
  const random = fc.uint8Array({ minLength: 10, maxLength: 10 });
  fc.assert(
    fc.property(time, random, random, (earlier, a, b) => {
      expect(createOrderId(earlier, a) < createOrderId(earlier + 1, b)).toBe(true);
    }),
  );
});
