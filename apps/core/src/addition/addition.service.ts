import { buffer } from 'node:stream/consumers';
import { Inject, Injectable } from '@nestjs/common';
import { Errors } from '@haven/errors';
import { sql } from '@haven/models';
import { ModelStore } from '@haven/models/orm';
import { parseManifest, type ParsedManifest } from '@haven/oci';
import { parse } from 'yaml';
import { z } from 'zod';
import { ArtifactLookup, type ArtifactPath } from '../artifact/artifact-lookup.repository.js';
import { RegistryClient } from '../registry/registry.client.js';
import { additionsOf } from './addition-kind.js';
import { readChart, UnreadableChart } from './chart-archive.js';

/** What is sent: text of a kind of its own. */
export interface Addition {
  contentType: string;
  text: string;
}

const mostConfigBytes = 4 * 1_024 * 1_024;
const mostChartBytes = 32 * 1_024 * 1_024;
const chartContent = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';

const json = 'application/json; charset=utf-8';
const imageConfig = z.object({ history: z.array(z.record(z.string(), z.unknown())).nullish() });
const chartFile = z.object({ dependencies: z.array(z.record(z.string(), z.unknown())).nullish() });

interface ManifestRow {
  type: string;
  manifest_media_type: string;
  payload: Buffer;
}

/** What can be read out of an artifact: how an image was built, what a chart says of itself. */
@Injectable()
export class AdditionService {
  constructor(
    @Inject(ModelStore) private readonly store: ModelStore,
    @Inject(ArtifactLookup) private readonly lookup: ArtifactLookup,
    @Inject(RegistryClient) private readonly registry: RegistryClient,
  ) {}

  /** @throws AppError NOT_FOUND, BAD_REQUEST for what this artifact does not have, UNAVAILABLE */
  async read(path: ArtifactPath, name: string): Promise<Addition> {
    const { artifactId } = await this.lookup.find(this.store.sql, path);
    const row = await this.store.sql.one<ManifestRow>(
      sql(
        'SELECT type, manifest_media_type, payload FROM artifact JOIN manifest USING (digest) WHERE id = $1',
        artifactId,
      ),
    );
    if (!additionsOf(row).includes(name)) throw Errors.badRequest(`addition ${name} isn't supported for ${row.type}`);
    const manifest = parseManifest(row.payload, row.manifest_media_type);
    return name === 'build_history' ? this.buildHistory(manifest) : this.chart(manifest, name);
  }

  private async buildHistory({ config }: ParsedManifest): Promise<Addition> {
    if (config === undefined || config.size > mostConfigBytes)
      throw Errors.badRequest('the image has no readable config');
    const bytes = await buffer(await this.registry.readBlob(config.digest));
    const { data } = imageConfig.safeParse(parseJson(bytes.toString('utf8')));
    return { contentType: json, text: JSON.stringify(data?.history ?? []) };
  }

  private async chart({ layers }: ParsedManifest, name: string): Promise<Addition> {
    const layer = layers.find(({ mediaType }) => mediaType === chartContent) ?? layers[0];
    if (layer === undefined || layer.size > mostChartBytes) throw Errors.badRequest('the chart cannot be read');
    const file = name === 'dependencies' ? 'chart.yaml' : name;
    const files = await readChart(await this.registry.readBlob(layer.digest), [file]).catch((error: unknown) => {
      throw error instanceof UnreadableChart ? Errors.badRequest(error.message, { cause: error }) : error;
    });
    const text = files.get(file) ?? '';
    if (name === 'dependencies') return { contentType: json, text: JSON.stringify(dependenciesOf(text)) };
    const kind = name === 'readme.md' ? 'text/markdown' : 'text/plain';
    return { contentType: `${kind}; charset=utf-8`, text };
  }
}

/** Null for what is none: whoever pushed it is not to be helped by an error here. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function dependenciesOf(chartYaml: string): object[] {
  try {
    return chartFile.parse(parse(chartYaml, { maxAliasCount: 100 }) ?? {}).dependencies ?? [];
  } catch (error) {
    throw Errors.badRequest('Chart.yaml of the chart cannot be read', { cause: error });
  }
}
