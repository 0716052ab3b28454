import { chooseListen, externalUrlOf } from './front.ts';
import type { UpOptions } from './options.ts';

const options = (changed: Partial<UpOptions>): UpOptions => ({
  dataFolder: '/d',
  port: 8080,
  tls: undefined,
  listen: undefined,
  externalUrl: undefined,
  adminPassword: undefined,
  passedOn: {},
  ...changed,
});

describe('chooseListen', () => {
  it.each([
    ['the default password, nothing asked', undefined, true, ['127.0.0.1', '::1']],
    ['an own password, nothing asked', undefined, false, ['0.0.0.0', '::']],
    ['the default password, one loopback address asked', ['127.0.0.1'], true, ['127.0.0.1']],
    ['an own password, one address asked', ['10.0.0.1'], false, ['10.0.0.1']],
  ])('%s', (_what, listen, hasDefaultPassword, expected) => {
    expect(chooseListen(options({ listen }), hasDefaultPassword)).toEqual(expected);
  });

  it('never opens a platform with the default password to others', () => {
    expect(() => chooseListen(options({ listen: ['127.0.0.1', '::'] }), true)).toThrow('[::]');
  });
});

describe('externalUrlOf', () => {
  it.each([
    [{}, 'http://localhost:8080'],
    [{ port: 80 }, 'http://localhost'],
    [{ tls: { port: 8443, own: undefined } }, 'https://localhost:8443'],
    [{ tls: { port: 443, own: undefined } }, 'https://localhost'],
    [{ externalUrl: 'https://r.example' }, 'https://r.example'],
  ])('%j → %s', (changed, url) => {
    expect(externalUrlOf(options(changed))).toBe(url);
  });
});
