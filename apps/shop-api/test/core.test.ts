import { describeShopApi } from './shop-api-suite.ts';

describeShopApi('core', (handle) =>
  Promise.resolve({
    fetch: (path, init) => handle(new Request(`http://shop.test${path}`, init)),
    close: () => Promise.resolve(),
  }),
);
