import { UsageFailure } from './failure.ts';
import { isLoopback, parseListen, parseRequest, type Surroundings, type UpOptions } from './options.ts';

const around = (env: Record<string, string> = {}, isRoot = false): Surroundings => ({
  env,
  isRoot,
  home: '/home/ann',
  cwd: '/somewhere',
});

const up = (line: string, env: Record<string, string> = {}): UpOptions => {
  const request = parseRequest(['up', ...line.split(' ').filter(Boolean)], around(env));
  if (request.command !== 'up') throw new Error(request.command);
  return request.options;
};

describe('the options of up', () => {
  it('have defaults', () => {
    expect(up('')).toEqual({
      dataFolder: '/home/ann/.local/share/haven',
      port: 8080,
      tls: undefined,
      listen: undefined,
      externalUrl: undefined,
      adminPassword: undefined,
      passedOn: {},
    });
  });

  it('are read from the environment', () => {
    const env = {
      HAVEN_PORT: '80',
      HAVEN_DATA: '/d',
      HAVEN_TLS: 'true',
      HAVEN_TLS_PORT: '443',
      HAVEN_LISTEN: '::1',
      HAVEN_EXTERNAL_URL: 'https://r.example/',
      HAVEN_ADMIN_PASSWORD: 'secret-1',
      HAVEN_LOG_LEVEL: 'debug',
      HAVEN_OUTBOUND_REACH: 'loopback',
    };
    expect(up('', env)).toEqual({
      dataFolder: '/d',
      port: 80,
      tls: { port: 443, own: undefined },
      listen: ['::1'],
      externalUrl: 'https://r.example',
      adminPassword: 'secret-1',
      passedOn: { HAVEN_LOG_LEVEL: 'debug', HAVEN_OUTBOUND_REACH: 'loopback' },
    });
  });

  it('let a flag win over the environment, and take an empty variable for an absent one', () => {
    expect(up('--port 1 --data d', { HAVEN_PORT: '2', HAVEN_DATA: '/e' })).toMatchObject({
      port: 1,
      dataFolder: '/somewhere/d',
    });
    expect(up('', { HAVEN_PORT: '', HAVEN_TLS: '', HAVEN_DATA: '' })).toMatchObject({ port: 8080, tls: undefined });
  });

  it('take an own certificate as a wish for TLS', () => {
    expect(up('--tls-cert a.crt --tls-key /k').tls).toEqual({
      port: 8443,
      own: { certificate: '/somewhere/a.crt', key: '/k' },
    });
  });

  it.each([
    ['--port 0'],
    ['--port 65536'],
    ['--port 80a'],
    ['--port'],
    ['--tls-cert a'],
    ['--tls-key a'],
    ['--tls --tls-port 8080'],
    ['--listen example.com'],
    ['--listen 1.2.3'],
    ['--external-url registry.example'],
    ['--external-url ftp://registry.example'],
    ['--external-url https://registry.example/harbor'],
    ['--prot 80'],
    ['8080'],
  ])('are refused: %s', (line) => {
    expect(() => up(line)).toThrow(UsageFailure);
  });

  it('refuse a switch that is neither on nor off', () => {
    expect(() => up('', { HAVEN_TLS: 'maybe' })).toThrow('HAVEN_TLS');
  });
});

describe('the other commands', () => {
  it('know where root keeps data', () => {
    expect(parseRequest(['status'], around({}, true))).toEqual({ command: 'status', dataFolder: '/var/lib/haven' });
  });

  it('name parts for logs', () => {
    expect(parseRequest(['logs', 'core', '-f', 'nginx'], around())).toMatchObject({
      parts: ['core', 'nginx'],
      follow: true,
    });
    expect(() => parseRequest(['logs', 'portal'], around())).toThrow('portal');
  });

  it('pass arguments on to bench as they are', () => {
    expect(parseRequest(['bench', '--peer', 'x'], around())).toEqual({ command: 'bench', args: ['--peer', 'x'] });
  });

  it('pass arguments on to the registry as they are', () => {
    const request = parseRequest(['registry', 'index', '--from', 'x'], around({ HAVEN_DATA: '/d' }));
    expect(request).toEqual({ command: 'registry', dataFolder: '/d', args: ['index', '--from', 'x'] });
  });

  it('refuse what they do not know', () => {
    expect(() => parseRequest(['start'], around())).toThrow('start');
    expect(() => parseRequest(['down', '--force'], around())).toThrow(UsageFailure);
  });
});

describe('parseListen', () => {
  it.each([
    ['127.0.0.1', ['127.0.0.1']],
    ['127.0.0.1,[::1]', ['127.0.0.1', '::1']],
    [' 10.0.0.1 , 10.0.0.1', ['10.0.0.1']],
    ['localhost', ['127.0.0.1', '::1']],
    ['*', ['0.0.0.0', '::']],
  ])('%s', (text, addresses) => {
    expect(parseListen(text)).toEqual(addresses);
  });
});

describe('isLoopback', () => {
  it.each([
    ['127.0.0.1', true],
    ['127.1.2.3', true],
    ['::1', true],
    ['0.0.0.0', false],
    ['::', false],
    ['192.168.1.1', false],
  ])('%s: %s', (address, expected) => {
    expect(isLoopback(address)).toBe(expected);
  });
});
