import type { OutboundClient } from '@haven/outbound';
import { z } from 'zod';
import type { RegistryCredential } from '../authorizer.js';
import { JsonApi } from '../json-api.js';
import { literalNamespaces } from '../name-pattern.js';
import { parseJson } from '../parse-json.js';
import { plainCapabilities, type RemoteEndpoint, type RemoteOptions } from '../remote-registry.js';
import { DistributionAdapter } from './distribution.adapter.js';

const page = z.object({
  repositories: z.array(z.object({ namespace: z.string(), name: z.string() })),
  next_page: z.string().nullish(),
});
/** What Harbor has an administrator put into a file: the account that pulls and pushes, and a token for the API. */
const keyFile = z.object({
  account_name: z.string(),
  docker_cli_password: z.string(),
  oauth2_token: z.string().optional(),
});

interface QuayAccount {
  credential: RegistryCredential | null;
  apiToken: string | null;
}

/** Quay; repositories are listed and tags deleted by its API (https://docs.quay.io/api/). */
export class QuayAdapter extends DistributionAdapter {
  override readonly capabilities = { ...plainCapabilities, tagDeletion: true, minimumPathComponents: 2 };
  private readonly api: JsonApi;
  private readonly account: QuayAccount;

  constructor(endpoint: RemoteEndpoint, outbound: OutboundClient, options: RemoteOptions = {}) {
    const account = accountOf(endpoint.credential);
    super(endpoint, outbound, { ...options, credentials: () => Promise.resolve(account.credential) });
    this.account = account;
    const headers: Record<string, string> =
      account.apiToken === null ? {} : { authorization: `Bearer ${account.apiToken}` };
    this.api = new JsonApi(this.client.connection.transport, `${endpoint.url}/api/v1`, headers);
  }

  override deleteTag(repository: string, tag: string, signal?: AbortSignal): Promise<boolean> {
    return this.api.remove(`/repository/${repository}/tag/${encodeURIComponent(tag)}`, signal);
  }

  /** Without a namespace in the pattern, that of the account; the name of a robot account begins with it. */
  protected override async *listMatching(pattern: string, signal?: AbortSignal): AsyncGenerator<string> {
    const [own] = this.account.credential?.accessKey.split('+') ?? [];
    const visibility = this.account.apiToken === null ? '&public=true' : '';
    for (const namespace of literalNamespaces(pattern) ?? (own === undefined ? [] : [own])) {
      const path = `repository?namespace=${encodeURIComponent(namespace)}${visibility}`;
      const next = ({ next_page: token }: z.infer<typeof page>): string | null =>
        (token ?? '') === '' ? null : `${path}&next_page=${encodeURIComponent(token ?? '')}`;
      for await (const { repositories } of this.api.pages(`/${path}`, page, { signal, next })) {
        yield* repositories.map((one) => `${one.namespace}/${one.name}`);
      }
    }
  }
}

function accountOf(credential: RegistryCredential | undefined): QuayAccount {
  if (credential?.accessKey !== 'json_file') return { credential: credential ?? null, apiToken: null };
  const parsed = keyFile.safeParse(parseJson(credential.accessSecret));
  if (!parsed.success) return { credential, apiToken: null };
  const { account_name: accessKey, docker_cli_password: accessSecret, oauth2_token: token } = parsed.data;
  return { credential: { type: 'basic', accessKey, accessSecret }, apiToken: token ?? null };
}
