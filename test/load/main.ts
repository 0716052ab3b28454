import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const folder = import.meta.dirname;
const fileOf = (name: string): string => join(folder, name, 'bench.ts');
const names = readdirSync(folder).filter((name) => existsSync(fileOf(name)));

const [, , name = '', ...args] = process.argv;
if (names.includes(name)) {
  process.argv.splice(2, Infinity, ...args);
  await import(fileOf(name));
} else {
  console.error(`usage: ./haven bench <name> [flags]; there are: ${names.join(' ')}`);
  process.exitCode = 2;
}
