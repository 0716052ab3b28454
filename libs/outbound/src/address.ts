import { BlockList, isIPv4 } from 'node:net';

/** How near an address may be: only public ones, those of private networks as well, or this very machine too. */
export type Reach = 'public' | 'private' | 'loopback';

type Scope = Reach | 'never';

const ranges = (...list: string[]): BlockList => {
  const block = new BlockList();
  for (const range of list) {
    const [address = '', bits = ''] = range.split('/');
    block.addSubnet(address, Number(bits), isIPv4(address) ? 'ipv4' : 'ipv6');
  }
  return block;
};

/** What no request has any business with: link-local and multicast addresses, and where clouds tell their machines secrets. */
const never = ranges(
  ...['0.0.0.0/8', '169.254.0.0/16', '192.0.0.0/24', '224.0.0.0/4', '240.0.0.0/4'],
  ...['100.100.100.200/32', '168.63.129.16/32'],
  ...['::/128', 'fe80::/10', 'ff00::/8', '2001::/32', 'fd00:ec2::254/128', 'fd20:ce::254/128'],
);
const loopback = ranges('127.0.0.0/8', '::1/128');
const privateNetworks = ranges(
  ...['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16', '198.18.0.0/15'],
  ...['fc00::/7', 'fec0::/10'],
);

/** The eight groups of an IPv6 address. */
function groupsOf(address: string): number[] {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const [, start = '', a, b, c, d] = dotted ?? [];
  const hex = (high?: string, low?: string) => ((Number(high) << 8) | Number(low)).toString(16);
  const [head = '', tail] = (dotted === null ? address : `${start}${hex(a, b)}:${hex(c, d)}`).split('::');
  const parse = (part = '') => (part === '' ? [] : part.split(':').map((group) => parseInt(group, 16)));
  const [left, right] = [parse(head), parse(tail)];
  return [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
}

const startsWith = (groups: readonly number[], ...prefix: number[]): boolean =>
  prefix.every((group, index) => groups[index] === group);

/** The IPv4 address that an IPv6 one stands for: mapped, compatible, NAT64 (RFC 6052, RFC 8215) and 6to4. */
function ipv4Within(address: string): string | null {
  const groups = groupsOf(address);
  const at = startsWith(groups, 0x2002)
    ? 1
    : startsWith(groups, 0, 0, 0, 0, 0, 0xffff) ||
        startsWith(groups, 0, 0, 0, 0, 0, 0) ||
        startsWith(groups, 0, 0, 0, 0, 0xffff, 0) ||
        startsWith(groups, 0x64, 0xff9b)
      ? 6
      : null;
  if (at === null) return null;
  const [high = 0, low = 0] = groups.slice(at);
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
}

function scopeOf(address: string): Scope {
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  if (never.check(address, family)) return 'never';
  if (loopback.check(address, family)) return 'loopback';
  if (privateNetworks.check(address, family)) return 'private';
  const within = family === 'ipv4' ? null : ipv4Within(address);
  return within === null ? 'public' : scopeOf(within);
}

const distance: Readonly<Record<Scope, number>> = { public: 0, private: 1, loopback: 2, never: 3 };

/** @param address an IP address as a resolver gives it, perhaps with a zone */
export const isWithin = (reach: Reach, address: string): boolean =>
  distance[scopeOf(address.replace(/%.*$/, ''))] <= distance[reach];
