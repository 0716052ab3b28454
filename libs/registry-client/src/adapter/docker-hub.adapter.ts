import type { OutboundClient } from '@haven/outbound';
import { z } from 'zod';
import { JsonApi } from '../json-api.js';
import { memo } from '../memo.js';
import { literalNamespaces } from '../name-pattern.js';
import { plainCapabilities, type RemoteEndpoint, type RemoteOptions } from '../remote-registry.js';
import { DistributionAdapter } from './distribution.adapter.js';

const hub = 'https://hub.docker.com';
/** A token of Docker Hub's API holds for longer. */
const tokenMs = 300_000;

const tokenAnswer = z.object({ access_token: z.string() });
const repositoryPage = z.object({
  next: z.string().nullish(),
  results: z.array(z.object({ namespace: z.string(), name: z.string() })),
});

/** Docker Hub: the registry stands at one host, the API at another (https://docs.docker.com/reference/api/hub/latest/). */
export class DockerHubAdapter extends DistributionAdapter {
  override readonly capabilities = {
    ...plainCapabilities,
    artifactDeletion: false,
    tagDeletion: true,
    minimumPathComponents: 2,
    maximumPathComponents: 2,
  };
  private readonly api: JsonApi;
  private readonly token: (signal?: AbortSignal) => Promise<string>;

  constructor(endpoint: RemoteEndpoint, outbound: OutboundClient, options: RemoteOptions = {}) {
    super(endpoint, outbound, { ...options, url: 'https://registry-1.docker.io' });
    const { transport } = this.client.connection;
    const { credential } = endpoint;
    const open = new JsonApi(transport, hub, {});
    this.token = memo(transport.clock, async (signal) => {
      const body = { identifier: credential?.accessKey, secret: credential?.accessSecret };
      const answer = await open.read('/v2/auth/token', tokenAnswer, { method: 'POST', body, signal });
      return { value: answer.access_token, until: transport.clock.now() + tokenMs };
    });
    this.api = new JsonApi(transport, hub, async (signal) =>
      credential === undefined ? {} : { authorization: `Bearer ${await this.token(signal)}` },
    );
  }

  override async ping(signal?: AbortSignal): Promise<void> {
    if (this.endpoint.credential !== undefined) await this.token(signal);
    await super.ping(signal);
  }

  override deleteTag(repository: string, tag: string, signal?: AbortSignal): Promise<boolean> {
    return this.api.remove(`/v2/repositories/${repository}/tags/${encodeURIComponent(tag)}/`, signal);
  }

  /** There is no list of everything: without a namespace in the pattern, those of the account itself. */
  protected override async *listMatching(pattern: string, signal?: AbortSignal): AsyncGenerator<string> {
    const own = this.endpoint.credential?.accessKey;
    for (const namespace of literalNamespaces(pattern) ?? (own === undefined ? [] : [own])) {
      const path = `/v2/namespaces/${encodeURIComponent(namespace)}/repositories?page_size=100`;
      for await (const { results } of this.api.pages(path, repositoryPage, { signal, next: ({ next }) => next })) {
        yield* results.map((one) => `${one.namespace}/${one.name}`);
      }
    }
  }
}
