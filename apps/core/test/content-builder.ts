import { createHash } from 'node:crypto';
import { ensureRepository, putArtifact, type Database, type NewArtifact } from '@haven/models';

const imageManifest = 'application/vnd.oci.image.manifest.v1+json';
const imageConfig = 'application/vnd.oci.image.config.v1+json';
const imageIndex = 'application/vnd.oci.image.index.v1+json';

export const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

/** An artifact that a test wants to have; what it does not say is that of a small image. */
export interface Wanted extends Partial<NewArtifact> {
  tag?: string;
}

/** Fills a project with content as the registry does, short of the bytes of layers. */
export class ContentBuilder {
  constructor(
    private readonly db: Database,
    private readonly projectId: number,
    readonly projectName: string,
  ) {}

  /** Pushes a manifest whose bytes are `text`. @returns its digest */
  async push(repository: string, text: string, { tag, ...wanted }: Wanted = {}): Promise<string> {
    const name = `${this.projectName}/${repository}`;
    await this.db.transaction(async (tx) => {
      const ref = await ensureRepository(tx, this.projectId, name);
      const artifact = { ...imageOf(text), ...wanted };
      await putArtifact(tx, artifact, {
        repository: ref,
        tags: tag === undefined ? [] : [tag],
        actor: 'pusher',
        sourceIp: '127.0.0.1',
        consumers: [],
        requestId: 'r',
        userAgent: 'test',
      });
    });
    return digestOf(text);
  }

  /** Pushes an index over manifests that are there. */
  pushIndex(repository: string, text: string, children: NewArtifact['children'], tag?: string): Promise<string> {
    return this.push(repository, text, {
      manifestMediaType: imageIndex,
      mediaType: imageIndex,
      children,
      ...(tag === undefined ? {} : { tag }),
    });
  }

  /** Pushes something that is attached to another manifest. */
  pushAccessory(repository: string, text: string, subjectDigest: string, type = 'signature.cosign'): Promise<string> {
    return this.push(repository, text, { subjectDigest, accessory: { type, subjectDigest } });
  }

  /** What an upload leaves that no manifest has followed yet. */
  async startUpload(repository: string): Promise<void> {
    await ensureRepository(this.db, this.projectId, `${this.projectName}/${repository}`);
  }
}

const imageOf = (text: string): NewArtifact => ({
  digest: digestOf(text),
  payload: Buffer.from(text),
  manifestMediaType: imageManifest,
  mediaType: imageConfig,
  artifactType: imageConfig,
  type: 'IMAGE',
  sizeBytes: text.length,
  blobDigests: [],
  children: [],
  annotations: {},
  extraAttrs: {},
});
