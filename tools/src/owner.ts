import { userInfo } from 'node:os';
import { mustRun, run, type Command } from './command.ts';

/** The user as whom everything runs. */
export interface Owner {
  name: string;
  uid: number;
  gid: number;
  /** True when that is another user than the one who called. */
  isSeparate: boolean;
  /** The same command, run as that user. */
  wrap(command: Command): Command;
}

const serviceUser = 'haven';

export const isRoot = (): boolean => process.getuid?.() === 0;

/** Root hands everything to the system user `haven` (PostgreSQL refuses root), made here if missing; anybody else is the owner. */
export async function findOwner(): Promise<Owner> {
  if (!isRoot()) {
    const { username, uid, gid } = userInfo();
    return { name: username, uid, gid, isSeparate: false, wrap: (command) => command };
  }
  if ((await run({ file: 'id', args: ['-u', serviceUser] })).code !== 0) await createServiceUser();
  const [uid, gid] = (await Promise.all(['-u', '-g'].map((flag) => idOf(flag)))) as [number, number];
  return { name: serviceUser, uid, gid, isSeparate: true, wrap: (command) => asUser(command, uid, gid) };
}

async function idOf(flag: string): Promise<number> {
  return Number(await mustRun(`id ${serviceUser}`, { file: 'id', args: [flag, serviceUser] }));
}

async function createServiceUser(): Promise<void> {
  const groupExists = (await run({ file: 'getent', args: ['group', serviceUser] })).code === 0;
  const group = groupExists ? ['--gid', serviceUser] : ['--user-group'];
  const args = ['--system', ...group, '--no-create-home', '--home-dir', '/nonexistent', '--shell', '/usr/sbin/nologin'];
  await mustRun(`creating the user ${serviceUser}`, { file: 'useradd', args: [...args, serviceUser] });
}

const asUser = (command: Command, uid: number, gid: number): Command => ({
  ...command,
  file: 'setpriv',
  args: ['--reuid', String(uid), '--regid', String(gid), '--init-groups', '--', command.file, ...command.args],
});
