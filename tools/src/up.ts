import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { placeApp } from './app-folder.ts';
import { ensureBuild } from './build.ts';
import { prepareDataFolder, type DataFolder } from './data-folder.ts';
import { chooseListen, externalUrlOf } from './front.ts';
import { withLock } from './lock.ts';
import { migrate } from './migrate.ts';
import { nginxPart } from './nginx.part.ts';
import {
  corePart,
  gcControllerPart,
  jobservicePart,
  logCollectorPart,
  migrateCommand,
  registryPart,
  type ServiceContext,
} from './node-service.part.ts';
import { loopbackAddresses, type UpOptions } from './options.ts';
import { findOwner, type Owner } from './owner.ts';
import { ensurePackages, serverPackages } from './packages.ts';
import type { Part, PartName } from './part.ts';
import { assignPorts, existingAddresses, mustBeFree } from './ports.ts';
import { ensureCluster, postgresPart } from './postgres.part.ts';
import { redisPart, writeRedisUrl } from './redis.part.ts';
import { ensureSecrets } from './secrets.ts';
import { clearDead, ensureRunning, isRunning, readRecord, stop } from './supervisor.ts';
import { ensureTls, type TlsFiles } from './tls.ts';

const defaultPassword = 'Harbor12345';

interface UpContext {
  options: UpOptions;
  checkout: string;
  buildId: string;
  data: DataFolder;
  owner: Owner;
}

/** Brings up everything that is not, and says where it is. A second call changes nothing. */
export async function up(options: UpOptions, checkout: string): Promise<void> {
  ensurePackages(serverPackages);
  const buildId = await ensureBuild(checkout);
  const owner = await findOwner();
  const data = await prepareDataFolder(options.dataFolder, owner);
  const context = { options, checkout, buildId, data, owner };
  await withLock(data.lock, async () => {
    const started: PartName[] = [];
    try {
      await bringUp(context, started);
    } catch (error) {
      for (const name of started.reverse()) {
        await stop(data, name);
        console.log(`Stopped ${name} again.`);
      }
      throw error;
    }
  });
}

/** @param started takes the names of the parts that were not running before */
async function bringUp(context: UpContext, started: PartName[]): Promise<void> {
  const { options, data, owner } = context;
  const ensure = async (part: Part): Promise<void> => {
    if (!(await ensureRunning(part, data, owner))) return;
    started.push(part.name);
    console.log(`Started ${part.name}.`);
  };
  // What can be refused is refused before anything runs.
  const isNew = !existsSync(data.postgres);
  if (isNew && options.adminPassword === undefined) chooseListen(options, true);
  await clearDead(data);
  await checkPublicPorts(context, options.listen ?? loopbackAddresses);

  ensureSecrets(data, owner);
  const ports = await assignPorts(data);
  await ensureCluster(data, owner);
  const externalUrl = externalUrlOf(options);
  const files = await tlsFiles(context, externalUrl);
  const services = await serviceContext(context, { ports, externalUrl, caFile: files?.authority });
  await all([
    ensure(postgresPart(data, owner, ports.postgres)),
    ensure(redisPart(data, owner, ports.redis)),
    ensure(logCollectorPart(services)),
  ]);
  const { defaultAdminPassword } = await migrate(migrateCommand(services), data, owner);
  const listen = await existingAddresses(chooseListen(options, defaultAdminPassword));
  await all([
    ensure(corePart(services)),
    ensure(registryPart(services)),
    ensure(jobservicePart(services)),
    ensure(gcControllerPart(services)),
  ]);

  const tls = options.tls === undefined || files === undefined ? undefined : { port: options.tls.port, files };
  const templates = join(context.checkout, 'deploy/nginx');
  await checkPublicPorts(context, listen);
  await ensure(nginxPart({ port: options.port, tls, listen, externalUrl, ports, templates }, data, owner));
  report(context, externalUrl, defaultAdminPassword, files);
}

async function serviceContext(
  context: UpContext,
  found: Pick<ServiceContext, 'ports' | 'externalUrl' | 'caFile'>,
): Promise<ServiceContext> {
  const { options, checkout, buildId, data, owner } = context;
  return {
    data,
    owner,
    ...found,
    app: await placeApp(checkout, buildId, data, owner),
    buildId,
    redisUrlFile: writeRedisUrl(data, owner, found.ports.redis),
    adminPassword: options.adminPassword,
    passedOn: options.passedOn,
  };
}

/** The public ports are not ours to choose: one that is taken is said at once, and by whom. */
async function checkPublicPorts({ options, data }: UpContext, wanted: readonly string[]): Promise<void> {
  const held = isRunning(data, 'nginx') ? (readRecord(data, 'nginx')?.ports ?? []) : [];
  const addresses = await existingAddresses(wanted);
  if (!held.includes(options.port)) await mustBeFree(options.port, addresses, '--port');
  const tlsPort = options.tls?.port;
  if (tlsPort !== undefined && !held.includes(tlsPort)) await mustBeFree(tlsPort, addresses, '--tls-port');
}

async function tlsFiles({ options, data, owner }: UpContext, externalUrl: string): Promise<TlsFiles | undefined> {
  return options.tls === undefined ? undefined : ensureTls(options.tls, new URL(externalUrl).hostname, data, owner);
}

/** Waits for all, even after a failure, so that nothing is still starting when the first error is thrown. */
async function all(work: Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(work);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason as Error;
}

function report(context: UpContext, url: string, hasDefaultPassword: boolean, tls: TlsFiles | undefined): void {
  const password = hasDefaultPassword ? defaultPassword : 'the password you set';
  console.log(`Haven is up: ${url}`);
  console.log(`  log in as      admin / ${password}`);
  if (hasDefaultPassword) {
    console.log('                 everybody knows that password: until it is changed, only this machine is answered');
  }
  if (tls?.authority !== undefined) console.log(`  trust          ${tls.authority}`);
  console.log(`  data           ${context.data.root}`);
}
