import { internalAuthorization } from '@haven/auth';
import type { Digest } from '@haven/oci';
import type { OutboundClient } from '@haven/outbound';
import { RegistryClient, type BlobStream, type RegistryConnectionOptions } from '@haven/registry-client';

const streamIdleMs = 60_000;

/** The registry of this platform. Its blobs are read past nginx, which would send them otherwise. */
export class LocalRegistryClient extends RegistryClient {
  constructor(
    private readonly inside: OutboundClient,
    private readonly options: RegistryConnectionOptions & { url: string },
    private readonly internalSecret: string,
  ) {
    super(inside, options);
  }

  override async getBlob(
    _repository: string,
    digest: Digest,
    { offset = 0, signal }: { offset?: number; signal?: AbortSignal | undefined } = {},
  ): Promise<BlobStream> {
    const url = `${this.options.url}/internal/blobs/${digest}?offset=${offset}`;
    const response = await this.inside.request(url, {
      headers: { authorization: internalAuthorization(this.internalSecret) },
      ...{ totalMs: Infinity, idleMs: streamIdleMs },
      ...(signal === undefined ? {} : { signal }),
    });
    if (response.status !== 200) throw await this.connection.transport.refusal(response);
    return { stream: response.body, offset };
  }
}
