import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { serviceFile, type DataFolder } from './data-folder.ts';
import { findProgram } from './find-program.ts';
import type { Owner } from './owner.ts';
import type { Part } from './part.ts';
import { secretFiles } from './secrets.ts';

/** Redis on 127.0.0.1 with a password, in memory only: whatever it holds may be lost. */
export function redisPart(data: DataFolder, owner: Owner, port: number): Part {
  const { redisPassword } = secretFiles(data);
  const configFile = join(data.run, 'redis.conf');
  const lines = [
    'bind 127.0.0.1',
    `port ${port}`,
    `dir ${quoted(data.redis)}`,
    'daemonize no',
    'save ""',
    'appendonly no',
    'maxmemory-policy noeviction',
    `requirepass ${readFileSync(redisPassword, 'utf8')}`,
    '',
  ];
  serviceFile(configFile, lines.join('\n'), owner);
  const args = [configFile];
  return {
    name: 'redis',
    command: owner.wrap({ file: findProgram('redis-server'), args, env: { PATH: '/usr/bin:/bin' }, cwd: data.redis }),
    ports: [port],
    probe: { kind: 'redis', port, passwordFile: redisPassword },
    stopSignal: 'SIGTERM',
    forks: null,
    settings: lines.join('\n'),
  };
}

const quoted = (path: string): string => `"${path.replace(/["\\]/g, '\\$&')}"`;

/** Writes the address that clients use, password included, to a file of its own. */
export function writeRedisUrl(data: DataFolder, owner: Owner, port: number): string {
  const file = join(data.run, 'redis-url');
  serviceFile(file, `redis://:${readFileSync(secretFiles(data).redisPassword, 'utf8')}@127.0.0.1:${port}/0`, owner);
  return file;
}
