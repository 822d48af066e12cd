/**
 * What is loaded: a tier that is started here, or an address. A load on somebody else's host is an attack, so an
 * address is this machine's own, or its host is named once more by whoever answers for it.
 */
import { findTier } from '@nines/availability';
import type { TierId } from '@nines/availability';
import { TIER_IDS } from '../arguments.ts';
import { InputInvalidError } from '../exit-code.ts';

export type LoadTarget =
  { readonly kind: 'tier'; readonly tier: TierId } | { readonly kind: 'address'; readonly url: string };

/** The host was neither this machine nor confirmed. */
export class HostNotConfirmedError extends Error {
  readonly code = 'host-not-confirmed';
  override readonly name = 'HostNotConfirmedError';

  constructor(host: string, confirmed: string | undefined) {
    const said = confirmed === undefined ? '' : `, and --i-own says ${confirmed}`;
    super(
      `${host} is not this machine${said}. A load on a host that is not yours is an attack; if it is yours, add --i-own ${host}`,
    );
  }
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);

/**
 * @param text A tier's id, or an http or https address without user, query or fragment.
 * @param confirmedHost What `--i-own` says; it has to be the very host of the address.
 * @throws InputInvalidError for neither, HostNotConfirmedError for a host that may not be loaded.
 */
export function parseTarget(text: string, confirmedHost?: string): LoadTarget {
  const tier = findTier(text);
  if (tier) return { kind: 'tier', tier: tier.id };
  // What is sent on is what was judged: the address as this parser understands it, not as it was typed.
  const url = URL.parse(text);
  const isAddress =
    url !== null &&
    (url.protocol === 'http:' || url.protocol === 'https:') &&
    url.username === '' &&
    url.password === '' &&
    url.search === '' &&
    url.hash === '';
  if (!isAddress) {
    throw new InputInvalidError(
      `"${text}" is neither a tier (${TIER_IDS}) nor an http or https address such as http://127.0.0.1:8080.`,
    );
  }
  if (!isLoopback(url.hostname) && confirmedHost?.toLowerCase() !== url.hostname) {
    throw new HostNotConfirmedError(url.hostname, confirmedHost);
  }
  return { kind: 'address', url: `${url.origin}${url.pathname}`.replace(/\/+$/, '') };
}
