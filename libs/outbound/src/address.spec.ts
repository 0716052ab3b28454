import { isWithin, type Reach } from './address.js';

const reaches: readonly Reach[] = ['public', 'private', 'loopback'];
const allowedFrom = (address: string): string => reaches.find((reach) => isWithin(reach, address)) ?? 'never';

describe('an address may be called', () => {
  it.each([
    [
      'public',
      ['1.1.1.1', '172.15.0.1', '172.32.0.1', '11.0.0.0', '2606:4700::1111', '::ffff:1.1.1.1', '64:ff9b::101:101'],
    ],
    [
      'private',
      ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', '198.18.0.1', 'fd12:3456::1'],
    ],
    ['private', ['::ffff:10.0.0.1', '::ffff:a00:1', '64:ff9b::10.0.0.1', '2002:a00:1::', '::10.0.0.1', 'fec0::1']],
    ['loopback', ['127.0.0.1', '127.255.255.254', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '64:ff9b::127.0.0.1']],
    ['loopback', ['2002:7f00:1::', '::127.0.0.1', '::ffff:0:7f00:1', '64:ff9b:1::127.0.0.1']],
    ['never', ['169.254.169.254', '169.254.0.1', '0.0.0.0', '0.1.2.3', '255.255.255.255', '224.0.0.1', '240.0.0.1']],
    ['never', ['192.0.0.192', '100.100.100.200', '168.63.129.16', 'fd00:ec2::254', 'fd20:ce::254', '2001::1']],
    ['never', ['::', 'fe80::1', 'fe80::1%eth0', 'febf::1', 'ff02::1', '::ffff:169.254.169.254', '::ffff:a9fe:a9fe']],
    [
      'never',
      ['64:ff9b::169.254.169.254', '64:ff9b::a9fe:a9fe', '2002:a9fe:a9fe::1', '::ffff:0.0.0.0', '::ffff:224.0.0.1'],
    ],
  ])('from a reach of %s: %j', (reach, addresses) => {
    expect(addresses.map((address) => [address, allowedFrom(address)])).toEqual(
      addresses.map((address) => [address, reach]),
    );
  });
});
