import { Errors } from '@haven/errors';
import { createLogger } from '@haven/observability';
import { DistributionLayoutProjection, DistributionVolume, FilesystemBlobStore } from '@haven/storage';
import { BlobRepository } from '../blob/blob.repository.js';
import { Databases } from '../database/databases.js';
import { ManifestPushService } from '../manifest/manifest-push.service.js';
import { ManifestRepository } from '../manifest/manifest.repository.js';
import { ProjectionConsumer } from '../projection/projection.consumer.js';
import { ProjectionRepository } from '../projection/projection.repository.js';
import type { RegistryConfig } from '../registry.config.js';
import { BlobIntake } from './blob-intake.service.js';
import { LayoutIndex } from './layout-index.service.js';
import type { LayoutOptions } from './layout-options.js';
import { LayoutReport } from './layout-report.js';
import { LayoutSync } from './layout-sync.service.js';
import { LayoutRepository } from './layout.repository.js';
import { RepositoryIndex } from './repository-index.service.js';
import { RepositoryIntake } from './repository-intake.service.js';

/** Nobody is told of what was pushed elsewhere, perhaps years ago. */
const nobody = { consumers: [], nudge: () => undefined };

const indexed = ['repositories', 'projects', 'manifests', 'known', 'tags', 'blobs', 'bytes'];
const synced = ['repositories', 'revisions', 'layers', 'tags'];
const removed = ['removedRepositories', 'removedRevisions', 'removedLayers', 'removedTags'];

/**
 * Moves a registry in or out: `index` makes rows of a volume in distribution's layout, `sync` makes the layout of our rows.
 * @param tell takes the lines about what is left out
 * @throws AppError BAD_REQUEST when the options cannot be meant, and whatever the database and the disk raise
 */
export async function runLayoutCommand(
  options: LayoutOptions,
  config: RegistryConfig,
  tell: (line: string) => void,
): Promise<LayoutReport> {
  if (config.storageDriver !== 'filesystem') throw Errors.badRequest('only the filesystem driver has a layout');
  const databases = new Databases(config);
  try {
    return options.command === 'sync'
      ? await sync(config, databases, options.force, tell)
      : await index(config, databases, options, tell);
  } finally {
    await databases.close();
  }
}

async function sync(
  config: RegistryConfig,
  databases: Databases,
  force: boolean,
  tell: (line: string) => void,
): Promise<LayoutReport> {
  const report = new LayoutReport('sync', [...synced, ...removed], tell);
  const states = new ProjectionRepository(databases);
  const links = new DistributionLayoutProjection(config.storageRoot);
  const projection = new ProjectionConsumer(links, states, createLogger('registry', 'silent'));
  const volume = new DistributionVolume(config.storageRoot);
  await new LayoutSync(new LayoutRepository(databases.push), states, projection, volume, report).run(force);
  return report;
}

async function index(
  config: RegistryConfig,
  databases: Databases,
  { from, project, verify }: Extract<LayoutOptions, { command: 'index' }>,
  tell: (line: string) => void,
): Promise<LayoutReport> {
  const report = new LayoutReport('index', indexed, tell);
  const volume = new DistributionVolume(from ?? config.storageRoot);
  const store = new FilesystemBlobStore(config.storageRoot);
  const layout = new LayoutRepository(databases.push);
  const blobs = new BlobIntake(databases.push, layout, new BlobRepository(config, databases), store, volume, {
    isVerifying: verify,
  });
  const intake = { repositories: new RepositoryIntake(databases.push, report), blobs };
  const pushes = new ManifestPushService(databases, new ManifestRepository(config, databases), store, nobody);
  const repositories = new RepositoryIndex(layout, intake, pushes, volume, report);
  await new LayoutIndex(volume, repositories, report).run(project);
  return report;
}
