import { Inject, Injectable } from '@nestjs/common';
import { Errors } from '@haven/errors';
import { statement } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import { LRUCache } from 'lru-cache';
import { RegistryClient } from '../registry/registry.client.js';
import { builtInIcon } from './built-in-icon.js';
import { pictureType } from './picture.js';

/** A picture and what kind it is. */
export interface Icon {
  contentType: string;
  bytes: Buffer;
}

const mostIconBytes = 1_024 * 1_024;
const mostRememberedBytes = 8 * mostIconBytes;

/** Any digest may be named as an icon; the artifact has to hold it as well. */
const isIcon = statement(
  'icon_of_artifact',
  `SELECT 1 FROM artifact JOIN artifact_blob ON artifact_id = artifact.id AND digest_blob = icon
    WHERE icon = $1 AND icon <> '' LIMIT 1`,
);

/** Icons of artifacts: the built-in ones, and those that artifacts bring. */
@Injectable()
export class IconService {
  private readonly remembered = new LRUCache<string, Icon>({
    maxSize: mostRememberedBytes,
    sizeCalculation: ({ bytes }) => bytes.length + 1,
  });

  constructor(
    @Inject(ModelStore) private readonly store: ModelStore,
    @Inject(RegistryClient) private readonly registry: RegistryClient,
  ) {}

  /** Only what an artifact names as its icon can be had: anybody may ask. @throws AppError NOT_FOUND, UNAVAILABLE */
  async get(digest: string): Promise<Icon> {
    const drawn = builtInIcon(digest);
    if (drawn !== null) return { contentType: 'image/svg+xml', bytes: Buffer.from(drawn) };
    if ((await this.store.sql.maybe(isIcon(digest))) === null) throw notFound(digest);
    const icon = this.remembered.get(digest) ?? (await this.read(digest));
    this.remembered.set(digest, icon);
    return icon;
  }

  private async read(digest: string): Promise<Icon> {
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of (await this.registry.readBlob(digest)) as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > mostIconBytes) throw notFound(digest);
      chunks.push(chunk);
    }
    const bytes = Buffer.concat(chunks);
    const contentType = pictureType(bytes);
    if (contentType === null) throw notFound(digest);
    return { contentType, bytes };
  }
}

const notFound = (digest: string): Error => Errors.notFound(`the icon ${digest} not found`);
