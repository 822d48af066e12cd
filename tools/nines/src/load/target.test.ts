import { describe, expect, it } from 'vitest';
import { parseTarget } from './target.ts';

const codeOf = (text: string, confirmed?: string): unknown => {
  try {
    parseTarget(text, confirmed);
  } catch (error) {
    return (error as { code: unknown }).code;
  }
  return 'taken';
};

describe('what is loaded', () => {
  it('is a tier when it is called like one', () => {
    expect(parseTarget('four-nines')).toEqual({ kind: 'tier', tier: 'four-nines' });
  });

  it.each([
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['http://127.9.9.9:1/', 'http://127.9.9.9:1'],
    ['http://localhost:8080/shop/', 'http://localhost:8080/shop'],
    ['http://[::1]:8080', 'http://[::1]:8080'],
    ['HTTP://LOCALHOST:8080', 'http://localhost:8080'],
    // The parser takes these for 127.0.0.1, and so does whoever gets what it makes of them.
    ['http://2130706433:8080', 'http://127.0.0.1:8080'],
    ['http://127.0.0.1\\.example.com', 'http://127.0.0.1/.example.com'],
  ])('is this machine at %s', (text, url) => {
    expect(parseTarget(text)).toEqual({ kind: 'address', url });
  });

  it.each([
    ['http://shop.example.com'],
    ['https://127.0.0.1.example.com'],
    ['http://localhost.example.com'],
    ['http://10.0.0.1'],
    ['http://0.0.0.0:8080'],
    ['http://[::ffff:8.8.8.8]'],
  ])('is not %s unless somebody answers for it', (text) => {
    expect(['host-not-confirmed', 'input-invalid']).toContain(codeOf(text));
  });

  it('is the host that is confirmed, and no other', () => {
    const shop = 'https://shop.example.com/v1';
    expect(parseTarget(shop, 'Shop.example.com')).toEqual({ kind: 'address', url: shop });
    for (const other of ['example.com', 'shop.example.com.evil.test', '', '*', 'https://shop.example.com'])
      expect(codeOf(shop, other)).toBe('host-not-confirmed');
  });

  it.each([
    'six-nines',
    '99.9%',
    'shop.example.com',
    'ftp://127.0.0.1',
    'http://me:secret@127.0.0.1',
    'http://127.0.0.1@example.com',
    'http://127.0.0.1/?a=1',
    'http://127.0.0.1/#a',
    'file:///etc/passwd',
    '',
  ])('is not "%s"', (text) => {
    expect(codeOf(text, 'example.com')).toBe('input-invalid');
  });
});
