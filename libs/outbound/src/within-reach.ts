import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { isWithin, type Reach } from './address.js';
import { OutboundError } from './outbound.error.js';

/**
 * For servers that are not spoken to by HTTP, whose libraries open connections by themselves: the name is looked up once
 * more then, so this keeps nobody from calling what may not be called who also rules over the name.
 * @param hostname a name or an IP address, IPv6 in brackets or not
 * @throws OutboundError forbidden when any of its addresses is beyond reach
 */
export async function assertWithinReach(hostname: string, reach: Reach): Promise<void> {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const addresses = isIP(host) === 0 ? await lookup(host, { all: true }) : [{ address: host }];
  if (!addresses.every(({ address }) => isWithin(reach, address))) throw new OutboundError('forbidden', hostname);
}
