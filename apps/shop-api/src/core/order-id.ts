/**
 * Order ids: UUID version 7 (RFC 9562), 48 bits of Unix milliseconds and 74 random bits, so that ids sort by
 * creation and a list of the newest orders needs no further index.
 *
 * @param unixMs the time of creation, milliseconds since 1970, below 2^48.
 * @param random at least 10 random bytes.
 */
export function createOrderId(unixMs: number, random: Uint8Array): string {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(unixMs) << 16n);
  bytes.set(random.subarray(0, 10), 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = Buffer.from(bytes).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
