import { expect, it } from 'vitest';
import { describeLevers } from './levers-suite.ts';
import { describeOrderIntake } from './order-intake-suite.ts';
import { describeShopApi, type StartRuntime } from './shop-api-suite.ts';
import { createTestShop } from './test-shop.ts';

const start: StartRuntime = (handle) =>
  Promise.resolve({
    fetch: (path, init) => handle(new Request(`http://shop.test${path}`, init)),
    close: () => Promise.resolve(),
  });

describeShopApi('core', start);
describeLevers('core', start);
describeOrderIntake('core', start);

it('stops reading a body that never ends', async () => {
  const shop = await createTestShop();
  let chunks = 0;
  const endless = new ReadableStream({
    pull(controller) {
      chunks += 1;
      controller.enqueue(new Uint8Array(1_024).fill(0x20));
    },
  });
  const init = { method: 'POST', body: endless, duplex: 'half' };
  const headers = { 'content-type': 'application/json', 'idempotency-key': 'key' };
  const response = await shop.handle(
    new Request('http://shop.test/orders', { ...init, headers } as RequestInit),
  );
  expect(response.status).toBe(413);
  expect(chunks).toBeLessThan(20);
});
