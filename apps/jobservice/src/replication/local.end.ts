import { Inject, Injectable } from '@nestjs/common';
import { loadSigningKey, SecretBox, signAccessToken, type SigningKey } from '@haven/auth';
import {
  Database,
  findFirstAdmin,
  insertProject,
  readPlatformId,
  selectsRepository,
  selectTags,
  sql,
  type ReplicationFilter,
} from '@haven/models';
import { splitRepositoryName, type Digest } from '@haven/oci';
import type { OutboundClient } from '@haven/outbound';
import type { RegistryClient } from '@haven/registry-client';
import { JobError } from '@haven/queue';
import { JOBSERVICE_CONFIG, type JobserviceConfig } from '../jobservice.config.js';
import { LocalRegistryClient } from './local-registry.client.js';
import type { Companion, Inventory, ReplicationEnd, SourceArtifact, TagPush } from './replication-end.js';
import { INSIDE } from './outbound.js';

const actor = 'harbor-jobservice';
const tokenSeconds = 600;
const keyTtlMs = 60_000;
const pageSize = 1_000;

interface ArtifactRow {
  id: number;
  digest: Digest;
  type: string;
  tags: string[];
  labels: string[];
  companions: Companion[];
}

/** This platform: lists come from the database, manifests and blobs from its own registry. */
@Injectable()
export class LocalEnd implements ReplicationEnd {
  readonly name = 'Local';
  readonly limits = { minimum: 2 };
  readonly deletesTags = true;
  readonly takesChunks = true;
  private readonly box: SecretBox;
  private key: { key: SigningKey; readAt: number } | null = null;

  constructor(
    @Inject(JOBSERVICE_CONFIG) private readonly config: JobserviceConfig,
    @Inject(Database) private readonly db: Database,
    @Inject(INSIDE) private readonly inside: OutboundClient,
  ) {
    this.box = new SecretBox(config.secretKey);
  }

  platformId = (): Promise<string> => readPlatformId(this.db);

  /** May do everything in this repository, and nothing elsewhere. */
  async client(repository: string): Promise<RegistryClient> {
    const { registryUrl: url, internalSecret } = this.config;
    const credentials = async () => ({
      type: 'secret' as const,
      accessKey: actor,
      accessSecret: await this.tokenFor(repository),
    });
    return Promise.resolve(new LocalRegistryClient(this.inside, { url, credentials }, internalSecret));
  }

  async *repositories(filters: readonly ReplicationFilter[], signal: AbortSignal): AsyncGenerator<string> {
    for (let last = ''; ;) {
      signal.throwIfAborted();
      const page = await this.db.rows<{ name: string }>(
        sql('SELECT name FROM repository WHERE listed AND name > $1 ORDER BY name LIMIT $2', last, pageSize),
      );
      for (const { name } of page) if (selectsRepository(filters, name)) yield name;
      if (page.length < pageSize) return;
      last = page.at(-1)?.name ?? '';
    }
  }

  async artifacts(
    repository: string,
    filters: readonly ReplicationFilter[],
    signal: AbortSignal,
  ): Promise<SourceArtifact[]> {
    const found: SourceArtifact[] = [];
    for (let last = 0; ;) {
      signal.throwIfAborted();
      const page = await this.db.rows<ArtifactRow>(
        sql(`${artifactSql} AND artifact.id > $2 ORDER BY artifact.id LIMIT ${pageSize}`, repository, last),
      );
      for (const { digest, companions, ...candidate } of page) {
        const tags = selectTags(filters, candidate);
        if (tags !== null) found.push({ digest, tags, companions });
      }
      if (page.length < pageSize) return found;
      last = page.at(-1)?.id ?? last;
    }
  }

  /** One artifact, listed or not, with all its tags; null when it is gone. */
  async artifact(repository: string, digest: string): Promise<(ArtifactRow & { subjectTags: string[] | null }) | null> {
    return this.db.maybe(
      sql(
        `SELECT artifact.id, artifact.digest, artifact.type, ${tagsSql('artifact.id')} AS tags, ${labelsSql} AS labels,
                '[]'::jsonb AS companions,
                (SELECT ${tagsSql('accessory.subject_artifact_id')} FROM artifact_accessory accessory
                  WHERE accessory.artifact_id = artifact.id LIMIT 1) AS "subjectTags"
           FROM artifact WHERE repository_id = ${repositoryIdSql} AND digest = $2
            AND NOT EXISTS (SELECT 1 FROM artifact_reference WHERE child_id = artifact.id)`,
        repository,
        digest,
      ),
    );
  }

  async inventory(repository: string): Promise<Inventory> {
    const rows = await this.db.rows<{ digest: string; tags: string[] }>(
      sql(
        `SELECT digest, ${tagsSql('artifact.id')} AS tags FROM artifact
          WHERE repository_id = ${repositoryIdSql}`,
        repository,
      ),
    );
    return {
      tags: new Map(rows.flatMap(({ digest, tags }) => tags.map((tag) => [tag, digest]))),
      digests: new Set(rows.map(({ digest }) => digest)),
    };
  }

  async pushes(repository: string, tags: readonly string[]): Promise<ReadonlyMap<string, TagPush>> {
    const rows = await this.db.rows<TagPush & { name: string }>(
      sql(
        `SELECT tag.name, artifact.digest, tag.origin_platform AS "platformId",
                to_char(coalesce(tag.origin_time, tag.push_time) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS time
           FROM tag JOIN artifact ON artifact.id = tag.artifact_id
          WHERE tag.repository_id = ${repositoryIdSql} AND tag.name = ANY($2)`,
        repository,
        tags,
      ),
    );
    return new Map(rows.map(({ name, ...push }) => [name, push]));
  }

  /** Missing projects are made private, and belong to the first administrator. */
  async prepare(repositories: readonly string[]): Promise<void> {
    const projects = new Set(repositories.flatMap((name) => splitRepositoryName(name)?.project ?? []));
    for (const name of projects) {
      const known = await this.db.maybe(sql('SELECT 1 FROM project WHERE name = $1 AND NOT deleted', name));
      if (known !== null) continue;
      await this.db.transaction(async (tx) => {
        const ownerId = await findFirstAdmin(tx);
        if (ownerId === null) throw new JobError('nobody could own a new project: there is no administrator');
        await insertProject(tx, { name, ownerId, storageLimitBytes: -1, metadata: { public: 'false' } });
      });
    }
  }

  async deleteArtifact(repository: string, digest: Digest, signal: AbortSignal): Promise<boolean> {
    return (await this.client(repository)).deleteManifest(repository, digest, signal);
  }

  async deleteTag(repository: string, tag: string, signal: AbortSignal): Promise<boolean> {
    return (await this.client(repository)).deleteTag(repository, tag, signal);
  }

  private async tokenFor(repository: string): Promise<string> {
    const project = splitRepositoryName(repository)?.project ?? '';
    const row = await this.db.maybe<{ id: number }>(
      sql('SELECT project_id AS id FROM project WHERE name = $1 AND NOT deleted', project),
    );
    if (row === null) throw new JobError(`there is no project ${project}`);
    if (this.key === null || Date.now() - this.key.readAt > keyTtlMs) {
      this.key = { key: await loadSigningKey(this.db, this.box), readAt: Date.now() };
    }
    const access = { type: 'repository', name: repository, actions: ['pull', 'push', 'delete'], project_id: row.id };
    return (await signAccessToken(this.key.key, actor, [access], tokenSeconds)).token;
  }
}

const repositoryIdSql = '(SELECT repository_id FROM repository WHERE name = $1)';
const tagsSql = (artifactId: string): string =>
  `ARRAY(SELECT tag.name FROM tag WHERE tag.artifact_id = ${artifactId} ORDER BY tag.name)`;
const labelsSql = `ARRAY(SELECT label.name FROM label_reference reference
  JOIN harbor_label label ON label.id = reference.label_id WHERE reference.artifact_id = artifact.id)`;
const artifactSql = `
  SELECT artifact.id, artifact.digest, artifact.type, ${tagsSql('artifact.id')} AS tags, ${labelsSql} AS labels,
         (SELECT coalesce(jsonb_agg(jsonb_build_object('digest', companion.digest,
                                                       'tags', ${tagsSql('companion.artifact_id')})), '[]')
            FROM artifact_accessory companion WHERE companion.subject_artifact_id = artifact.id) AS companions
    FROM artifact
   WHERE artifact.listed AND artifact.repository_id = ${repositoryIdSql}`;
