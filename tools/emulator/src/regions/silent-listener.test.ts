import { expect, it } from 'vitest';
import { createSilentListener } from './silent-listener.ts';

it('takes a request and never answers it, until the caller has no patience any more', async () => {
  const silent = await createSilentListener();
  const url = `http://127.0.0.1:${String(silent.address.port)}`;
  await expect(fetch(url, { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({
    name: 'TimeoutError',
  });
  const open = expect(fetch(url)).rejects.toThrow('fetch failed');
  await new Promise((resolve) => setTimeout(resolve, 20));
  await silent.close();
  await open;
});
