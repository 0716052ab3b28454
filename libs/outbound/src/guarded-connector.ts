import { lookup as resolve, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import { isWithin, type Reach } from './address.js';
import { OutboundError } from './outbound.error.js';

const connectTimeoutMs = 5_000;

/** What a TLS connection is checked against. */
export interface Trust {
  /** False: any certificate will do. */
  verify: boolean;
  /** Authorities, in PEM; all that are trusted. */
  ca: readonly string[];
}

/**
 * Opens connections to addresses within reach only. What is looked at is the address that is then connected to, so a name
 * that resolves to something else a moment later changes nothing.
 */
export function guardedConnector(reach: Reach, { verify, ca }: Trust): buildConnector.connector {
  const lookup: LookupFunction = (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
      const usable = error === null ? found.filter(({ address }) => isWithin(reach, address)) : [];
      const [first] = usable;
      if (error !== null) callback(error, []);
      else if (first === undefined) callback(new OutboundError('forbidden', hostname), []);
      else if (options.all === true) callback(null, usable);
      else callback(null, first.address, first.family);
    });
  };
  const connect = buildConnector({
    lookup,
    rejectUnauthorized: verify,
    ca: [...ca],
    timeout: connectTimeoutMs,
    allowH2: false,
  });
  return (options, callback) => {
    const host = options.hostname.replace(/^\[(.*)\]$/, '$1');
    // An address needs no resolving, so nobody asks `lookup` about it.
    if (isIP(host) !== 0 && !isWithin(reach, host)) {
      callback(new OutboundError('forbidden', `${options.protocol}//${options.host ?? host}`), null);
    } else {
      connect(options, callback);
    }
  };
}
