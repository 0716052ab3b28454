import { Inject, Injectable } from '@nestjs/common';
import { statement } from '@haven/models';
import type { Digest, Reference } from '@haven/oci';
import { LRUCache } from 'lru-cache';
import { Databases } from '../database/databases.js';
import { REGISTRY_CONFIG, type RegistryConfig } from '../registry.config.js';
import { placeQuery, type Place, type PlaceKey } from '../v2/place.js';

/** A manifest as a repository has it at this moment. */
export interface FoundManifest {
  artifactId: number;
  digest: Digest;
  mediaType: string;
  /** Of the manifest itself. */
  sizeBytes: number;
}

/** All of a manifest's fields are null when the repository has no such manifest. */
export type ManifestPlace = Place & (FoundManifest | Record<keyof FoundManifest, null>);

const columns = `artifact.id AS "artifactId", artifact.digest, artifact.manifest_media_type AS "mediaType",
  octet_length(manifest.payload) AS "sizeBytes"`;

const findByTag = placeQuery<ManifestPlace>('manifest_by_tag', {
  columns,
  values: ['text'],
  joins: `LEFT JOIN tag ON tag.repository_id = repository.repository_id AND tag.name = asked.value1
          LEFT JOIN artifact ON artifact.id = tag.artifact_id
          LEFT JOIN manifest ON manifest.digest = artifact.digest`,
});
const findByDigest = placeQuery<ManifestPlace>('manifest_by_digest', {
  columns,
  values: ['text'],
  joins: `LEFT JOIN artifact ON artifact.repository_id = repository.repository_id AND artifact.digest = asked.value1
          LEFT JOIN manifest ON manifest.digest = artifact.digest`,
});
const readSizes = statement(
  'artifact_sizes',
  'SELECT digest, size FROM artifact WHERE repository_id = $1 AND digest = ANY($2)',
);
const readPayload = statement('manifest_payload', 'SELECT payload FROM manifest WHERE digest = $1');

/** Blobs of an artifact, and of the children of an index. Nearly always nothing is damaged, and there is nothing to look up. */
const findDamage = statement(
  'manifest_damage',
  `SELECT CASE WHEN EXISTS (SELECT 1 FROM blob_damage) THEN EXISTS (
     WITH RECURSIVE part (id) AS (
       SELECT $1::bigint UNION SELECT child_id FROM artifact_reference JOIN part ON parent_id = part.id)
     SELECT 1 FROM part JOIN artifact_blob ON artifact_id = part.id
       JOIN blob_damage ON blob_damage.digest = digest_blob JOIN blob ON blob.digest = digest_blob
      WHERE blob.status = 'quarantined')
   ELSE false END AS "isDamaged"`,
);

/** What a remembered manifest costs beside its bytes. */
const entryBytes = 512;

/** Finds manifests, anew each time, and reads their bytes, which are remembered. */
@Injectable()
export class ManifestRepository {
  readonly lookups = { hits: 0, misses: 0 };
  private readonly payloads: LRUCache<string, Buffer> | null;

  constructor(
    @Inject(REGISTRY_CONFIG) { manifestCacheBytes }: RegistryConfig,
    @Inject(Databases) private readonly databases: Databases,
  ) {
    this.payloads =
      manifestCacheBytes === 0
        ? null
        : new LRUCache({ maxSize: manifestCacheBytes, sizeCalculation: (payload) => payload.length + entryBytes });
  }

  async find(key: PlaceKey, reference: Reference): Promise<ManifestPlace | null> {
    return reference.kind === 'tag'
      ? findByTag(this.databases.pull, key, reference.tag)
      : findByDigest(this.databases.pull, key, reference.digest);
  }

  /** Whether a blob that it needs is damaged or lost, until somebody uploads it again. */
  async isDamaged(artifactId: number): Promise<boolean> {
    return (await this.databases.push.one<{ isDamaged: boolean }>(findDamage(artifactId))).isDamaged;
  }

  /** The bytes of a manifest that was just found. */
  async payload(digest: Digest): Promise<Buffer> {
    const known = this.payloads?.get(digest);
    this.lookups[known === undefined ? 'misses' : 'hits'] += 1;
    if (known !== undefined) return known;
    const { payload } = await this.databases.pull.one<{ payload: Buffer }>(readPayload(digest));
    this.remember(digest, payload);
    return payload;
  }

  /** Keeps the bytes of a manifest that was just stored: what is pushed is pulled soon. */
  remember(digest: string, payload: Buffer): void {
    // A copy: a small buffer is a piece of a larger one, which would stay with it and is not counted.
    this.payloads?.set(digest, Buffer.from(Uint8Array.from(payload).buffer));
  }

  /** Sizes of those of the artifacts that a repository has, in bytes, by digest. */
  async sizesOf(repositoryId: number, digests: readonly Digest[]): Promise<ReadonlyMap<string, number>> {
    const rows = await this.databases.push.rows<{ digest: string; size: number }>(readSizes(repositoryId, digests));
    return new Map(rows.map(({ digest, size }) => [digest, size]));
  }
}
