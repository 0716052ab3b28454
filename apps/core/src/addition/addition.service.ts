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

interface ManifestRow {
  type: string;
  manifest_media_type: string;
  payload: Buffer;
}

const manifestOf = statement(
  'addition_manifest',
  'SELECT type, manifest_media_type, payload FROM artifact JOIN manifest USING (digest) WHERE id = $1',
);
/** The one that was attached last. */
const sbomOf = statement(
  'addition_sbom',
  `SELECT type, manifest_media_type, payload
     FROM artifact JOIN manifest USING (digest)
    WHERE id = (SELECT artifact_id FROM artifact_accessory WHERE subject_artifact_id = $1 AND type = 'sbom.harbor'
                 ORDER BY id DESC LIMIT 1)`,
);

/** What can be read out of an artifact: how an image was built, what a chart or a model says of itself, an SBOM. */
@Injectable()
export class AdditionService {
  private readonly readers: Readonly<
    Record<AdditionName, (manifest: ParsedManifest, type: string) => Promise<Addition>>
  > = {
    build_history: async ({ config }) => json(await this.history(config)),
    'values.yaml': async (manifest) => plain(await this.chartFile(manifest, 'values.yaml')),
    'readme.md': async (manifest, type) =>
      markdown(
        type === 'CHART'
          ? await this.chartFile(manifest, 'readme.md')
          : await this.modelDocument(manifest, ['README.md', 'README']),
      ),
    dependencies: async (manifest) => json(dependenciesOf(await this.chartFiles(manifest, dependencyFiles))),
    license: async (manifest) => plain(await this.modelDocument(manifest, ['LICENSE', 'LICENSE.txt'])),
    files: ({ layers }) => Promise.resolve(json(filesOf(layers))),
    sbom: (manifest) => this.sbom(manifest),
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
    const own = await this.store.sql.one<ManifestRow & Record<string, unknown>>(manifestOf(artifactId));
    const row = name === 'sbom' && own.type !== 'SBOM' ? await this.attachedSbom(artifactId) : own;
    if (row === null || !additionsOf(row).includes(name)) {
      throw Errors.badRequest(`addition ${name.toUpperCase()} isn't supported for ${own.type}`);
    }
    return this.readers[name](parseManifest(row.payload, row.manifest_media_type), row.type);
  }

  /** Nobody scans yet, so Harbor's answer where there is no scanner. @throws AppError NOT_FOUND, always */
  async vulnerabilities(path: ArtifactPath): Promise<Addition> {
    const { repository } = await this.lookup.find(this.store.sql, path);
    throw Errors.notFound(`no scanner registration configured for project: ${repository.projectId}`);
  }

  private attachedSbom(artifactId: number): Promise<ManifestRow | null> {
    return this.store.sql.maybe<ManifestRow & Record<string, unknown>>(sbomOf(artifactId));
  }

  /** Empty for a config that cannot be understood: whoever pushed it is not to be helped by an error here. */
  private async history(config: Descriptor | undefined): Promise<object[]> {
    if (config === undefined) return [];
    const { data } = imageConfig.safeParse(parseJson(await this.text(config)));
    return data?.history ?? [];
  }

  private async chartFile(manifest: ParsedManifest, name: string): Promise<string> {
    return (await this.chartFiles(manifest, [name])).get(name) ?? '';
  }

  private async chartFiles({ layers }: ParsedManifest, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const layer = layers.find(({ mediaType }) => mediaType === chartContent) ?? layers[0];
    if (layer === undefined) throw Errors.notFound('the chart is empty');
    if (layer.size > mostChartBytes) throw Errors.badRequest('the chart is too large to be shown');
    return readChart(await this.registry.readBlob(layer.digest), names);
  }

  private async modelDocument({ layers }: ParsedManifest, names: readonly string[]): Promise<string> {
    const layer = documentLayer(layers, names);
    if (layer === undefined) throw Errors.notFound(`the model has no ${names[0] ?? ''}`);
    if (layer.mediaType.endsWith('.raw')) return this.text(layer);
    if (layer.size > mostFileBytes) throw Errors.badRequest('the file is too large to be shown');
    const isGzipped = layer.mediaType.endsWith('+gzip');
    const files = await readArchive(await this.registry.readBlob(layer.digest), isGzipped, () => 'document');
    return files.get('document') ?? '';
  }

  /** SBOMs may be large: they go through as they come. */
  private async sbom({ layers }: ParsedManifest): Promise<Addition> {
    const [layer] = layers;
    if (layer === undefined || layers.length > 1) throw Errors.notFound('The sbom is not found');
    return { contentType: sbomType, content: await this.registry.readBlob(layer.digest) };
  }

  private async text({ digest, size }: Descriptor): Promise<string> {
    if (size > mostFileBytes) throw Errors.badRequest('the file is too large to be shown');
    return readFile(await this.registry.readBlob(digest));
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
