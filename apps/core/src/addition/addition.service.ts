import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { Errors } from '@haven/errors';
import { statement } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import { parseManifest, type Descriptor, type ParsedManifest } from '@haven/oci';
import { z } from 'zod';
import { ArtifactLookup, type ArtifactPath } from '../artifact/artifact-lookup.repository.js';
import { RegistryClient } from '../registry/registry.client.js';
import { additionNames, additionsOf, isAdditionName, type AdditionName } from './addition-kind.js';
import { readArchive } from './archive.js';
import { mostFileBytes, readFile } from './bounded-read.js';
import { dependenciesOf, dependencyFiles, readChart } from './chart.js';
import { documentLayer, filesOf } from './model.js';

/** What is sent. */
export interface Addition {
  contentType: string;
  content: string | Readable;
}

const chartContent = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';
const sbomType = 'application/vnd.goharbor.harbor.sbom.v1';
const mostChartBytes = 32 * 1_024 * 1_024;

const imageConfig = z.object({ history: z.array(z.record(z.string(), z.unknown())).nullish() });

const json = (value: unknown): Addition => ({
  contentType: 'application/json; charset=utf-8',
  content: JSON.stringify(value),
});
const plain = (content: string): Addition => ({ contentType: 'text/plain; charset=utf-8', content });
const markdown = (content: string): Addition => ({ contentType: 'text/markdown; charset=utf-8', content });

interface SourceRow {
  type: string;
  manifest_media_type: string;
  payload: Buffer;
  /** Blobs that the artifact brought; others it may name, but not open. */
  blobs: string[];
}

/** What is read from. */
interface Source extends Pick<SourceRow, 'type' | 'blobs'> {
  manifest: ParsedManifest;
}

const sourceColumns = `type, manifest_media_type, payload,
  ARRAY(SELECT digest_blob FROM artifact_blob WHERE artifact_id = artifact.id) AS blobs`;
const sourceOf = statement(
  'addition_source',
  `SELECT ${sourceColumns} FROM artifact JOIN manifest USING (digest) WHERE id = $1`,
);
/** The one that was attached last. */
const sbomOf = statement(
  'addition_sbom',
  `SELECT ${sourceColumns} FROM artifact JOIN manifest USING (digest)
    WHERE id = (SELECT artifact_id FROM artifact_accessory WHERE subject_artifact_id = $1 AND type = 'sbom.harbor'
                 ORDER BY id DESC LIMIT 1)`,
);

/** What can be read out of an artifact: how an image was built, what a chart or a model says of itself, an SBOM. */
@Injectable()
export class AdditionService {
  private readonly readers: Readonly<Record<AdditionName, (source: Source) => Promise<Addition>>> = {
    build_history: async (source) => json(await this.history(source)),
    'values.yaml': async (source) => plain(await this.chartFile(source, 'values.yaml')),
    'readme.md': async (source) => markdown(await this.readme(source)),
    dependencies: async (source) => json(dependenciesOf(await this.chartFiles(source, dependencyFiles))),
    license: async (source) => plain(await this.modelDocument(source, ['LICENSE', 'LICENSE.txt'])),
    files: ({ manifest }) => Promise.resolve(json(filesOf(manifest.layers))),
    sbom: (source) => this.sbom(source),
  };

  constructor(
    @Inject(ModelStore) private readonly store: ModelStore,
    @Inject(ArtifactLookup) private readonly lookup: ArtifactLookup,
    @Inject(RegistryClient) private readonly registry: RegistryClient,
  ) {}

  /**
   * @throws AppError UNPROCESSABLE_ENTITY for a name that is none, NOT_FOUND, BAD_REQUEST for what this artifact does not
   * have, UNAVAILABLE
   */
  async read(path: ArtifactPath, name: string): Promise<Addition> {
    if (!isAdditionName(name)) {
      throw Errors.unprocessable(`addition in path should be one of [${additionNames.join(' ')}]`);
    }
    const { artifactId } = await this.lookup.find(this.store.sql, path);
    const own = await this.store.sql.one<SourceRow & Record<string, unknown>>(sourceOf(artifactId));
    const row = name === 'sbom' && own.type !== 'SBOM' ? await this.attachedSbom(artifactId) : own;
    if (row === null || !additionsOf(row).includes(name)) {
      throw Errors.badRequest(`addition ${name.toUpperCase()} isn't supported for ${own.type}`);
    }
    const { type, blobs, payload, manifest_media_type: mediaType } = row;
    return this.readers[name]({ type, blobs, manifest: parseManifest(payload, mediaType) });
  }

  /** Nobody scans yet, so Harbor's answer where there is no scanner. @throws AppError NOT_FOUND, always */
  async vulnerabilities(path: ArtifactPath): Promise<Addition> {
    const { repository } = await this.lookup.find(this.store.sql, path);
    throw Errors.notFound(`no scanner registration configured for project: ${repository.projectId}`);
  }

  private attachedSbom(artifactId: number): Promise<SourceRow | null> {
    return this.store.sql.maybe<SourceRow & Record<string, unknown>>(sbomOf(artifactId));
  }

  /** Empty for a config that cannot be understood: whoever pushed it is not to be helped by an error here. */
  private async history(source: Source): Promise<object[]> {
    const { config } = source.manifest;
    if (config === undefined) return [];
    const { data } = imageConfig.safeParse(parseJson(await this.text(source, config)));
    return data?.history ?? [];
  }

  private readme(source: Source): Promise<string> {
    return source.type === 'CHART'
      ? this.chartFile(source, 'readme.md')
      : this.modelDocument(source, ['README.md', 'README']);
  }

  private async chartFile(source: Source, name: string): Promise<string> {
    return (await this.chartFiles(source, [name])).get(name) ?? '';
  }

  private async chartFiles(source: Source, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const { layers } = source.manifest;
    const layer = layers.find(({ mediaType }) => mediaType === chartContent) ?? layers[0];
    if (layer === undefined) throw Errors.notFound('the chart is empty');
    return readChart(await this.open(source, layer, mostChartBytes), names);
  }

  private async modelDocument(source: Source, names: readonly string[]): Promise<string> {
    const layer = documentLayer(source.manifest.layers, names);
    if (layer === undefined) throw Errors.notFound(`the model has no ${names[0] ?? ''}`);
    if (layer.mediaType.endsWith('.raw')) return this.text(source, layer);
    const isGzipped = layer.mediaType.endsWith('+gzip');
    const files = await readArchive(await this.open(source, layer, mostFileBytes), isGzipped, () => 'document');
    return files.get('document') ?? '';
  }

  /** SBOMs may be large: they go through as they come. */
  private async sbom(source: Source): Promise<Addition> {
    const [layer, ...more] = source.manifest.layers;
    if (layer === undefined || more.length > 0) throw Errors.notFound('The sbom is not found');
    return { contentType: sbomType, content: await this.open(source, layer, Infinity) };
  }

  private async text(source: Source, descriptor: Descriptor): Promise<string> {
    return readFile(await this.open(source, descriptor, mostFileBytes));
  }

  /** A manifest may name layers that are kept elsewhere, and so any digest: what it did not bring it does not open. */
  private open({ blobs }: Source, { digest, size }: Descriptor, mostBytes: number): Promise<Readable> {
    if (!blobs.includes(digest)) throw Errors.notFound(`the artifact does not hold ${digest}`);
    if (size > mostBytes) throw Errors.badRequest('it is too large to be shown');
    return this.registry.readBlob(digest);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
