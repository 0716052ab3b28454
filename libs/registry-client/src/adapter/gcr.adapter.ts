import { isRepositoryName } from '@haven/oci';
import { z } from 'zod';
import { literalPrefix } from '../name-pattern.js';
import { readJson } from '../read-json.js';
import { pullScope } from '../registry-connection.js';
import { plainCapabilities } from '../remote-registry.js';
import { DistributionAdapter } from './distribution.adapter.js';

const deepest = 16;
const listing = z.object({
  child: z.array(z.string()).nullish(),
  manifest: z.record(z.string(), z.unknown()).nullish(),
});

/** Google's registries, of both kinds: what lies below a name is told beside its tags. The account is a key file. */
export class GcrAdapter extends DistributionAdapter {
  override readonly capabilities = { ...plainCapabilities, tagDeletion: true, minimumPathComponents: 2 };

  /** Begins at the part of the pattern that is without wildcards; the catalog only tells where that is nothing. */
  protected override async *listMatching(pattern: string, signal?: AbortSignal): AsyncGenerator<string> {
    const top = literalPrefix(pattern).split('/').slice(0, -1).join('/');
    if (top === '') yield* super.listMatching(pattern, signal);
    else yield* this.walk(top, deepest, signal);
  }

  private async *walk(name: string, depth: number, signal?: AbortSignal): AsyncGenerator<string> {
    if (depth === 0 || !isRepositoryName(name)) return;
    const request = signal === undefined ? {} : { signal };
    const path = `/v2/${name}/tags/list`;
    const response = await this.client.connection.expect([200], path, pullScope(name), request);
    const { child, manifest } = await readJson(response, listing);
    if (Object.keys(manifest ?? {}).length > 0) yield name;
    for (const part of child ?? []) yield* this.walk(`${name}/${part}`, depth - 1, signal);
  }
}
