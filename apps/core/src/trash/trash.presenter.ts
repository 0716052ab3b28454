import { compact, dateTime, keep } from '@haven/http';
import type { Restored } from '@haven/models';
import type { TrashedRow, TrashSize } from './trash.repository.js';
import type { RestoredRepository } from './trash.service.js';

export const presentTrashed = (row: TrashedRow): object =>
  compact({
    id: row.id,
    repository_name: row.repositoryName,
    digest: row.digest,
    media_type: row.mediaType,
    manifest_media_type: row.manifestMediaType,
    size: row.sizeBytes,
    tags: row.tags,
    deleted_by: row.deletedBy,
    creation_time: dateTime(row.deletedTime),
  });

export const presentTrashSize = ({ artifacts, bytes }: TrashSize): object =>
  compact({ artifacts: keep(artifacts), storage: keep(bytes) });

export const presentRestored = ({ digests, tags, keptElsewhere }: Restored): object =>
  compact({ digests: keep(digests), tags: keep(tags), tags_kept_elsewhere: keep(keptElsewhere) });

/** How many there are, and the first hundred. */
const some = (all: readonly string[]): unknown => keep({ total: all.length, first: all.slice(0, 100) });

export const presentRestoredRepository = ({ digests, tags, keptElsewhere, incomplete }: RestoredRepository): object =>
  compact({
    digests: some(digests),
    tags: some(tags),
    tags_kept_elsewhere: some(keptElsewhere),
    incomplete: some(incomplete),
  });
