import { randomUUID } from 'node:crypto';
import type { OutboundClient, OutboundResponse } from '@haven/outbound';
import { z } from 'zod';
import { acsQuery, signAcs } from '../acs-signature.js';
import type { RegistryCredential } from '../authorizer.js';
import { memo } from '../memo.js';
import { literalPrefix } from '../name-pattern.js';
import { readJson } from '../read-json.js';
import { RegistryError } from '../registry.error.js';
import { plainCapabilities, type RemoteEndpoint, type RemoteOptions } from '../remote-registry.js';
import { DistributionAdapter } from './distribution.adapter.js';

/** A password is renewed so long before its end; it holds for an hour. */
const renewAheadMs = 300_000;
const pageSize = 100;
const mostPages = 10_000;

const authorization = z.object({
  data: z.object({ authorizationToken: z.string(), tempUserName: z.string(), expireDate: z.number() }),
});
const repositoryPage = z.object({
  data: z.object({ repos: z.array(z.object({ repoNamespace: z.string(), repoName: z.string() })) }),
});
const namespaceList = z.object({ data: z.object({ namespaces: z.array(z.object({ namespace: z.string() })) }) });

interface Wish {
  action: string;
  method?: string;
  path: string;
  query?: Readonly<Record<string, string>>;
  body?: string;
  signal: AbortSignal | undefined;
}

/** Alibaba Cloud's registry, personal edition: access keys are exchanged for a password by its API (version 2016-06-07). */
export class AliAcrAdapter extends DistributionAdapter {
  override readonly capabilities = {
    ...plainCapabilities,
    artifactDeletion: false,
    tagDeletion: true,
    minimumPathComponents: 2,
    maximumPathComponents: 2,
  };
  private readonly host: string;

  constructor(endpoint: RemoteEndpoint, outbound: OutboundClient, options: RemoteOptions = {}) {
    const password = memo<RegistryCredential>({ now: options.clock?.now ?? Date.now }, (signal) =>
      this.requestPassword(signal),
    );
    super(endpoint, outbound, {
      ...options,
      ...(endpoint.credential === undefined ? {} : { credentials: (signal) => password(signal) }),
    });
    this.host = apiHostOf(endpoint.url);
  }

  /** Repositories are made by a push, the namespaces that they stand in are not. */
  override async prepareForPush(repositories: readonly string[], signal?: AbortSignal): Promise<void> {
    const answer = await this.call({ action: 'GetNamespaceList', path: '/namespace', signal });
    const there = (await readJson(answer, namespaceList)).data.namespaces.map(({ namespace }) => namespace);
    const wanted = new Set(repositories.map((name) => name.split('/', 1)[0] ?? ''));
    for (const namespace of wanted) {
      if (there.includes(namespace)) continue;
      const body = JSON.stringify({ Namespace: { Namespace: namespace } });
      (await this.call({ action: 'CreateNamespace', method: 'PUT', path: '/namespace', body, signal })).drop();
    }
  }

  override async deleteTag(repository: string, tag: string, signal?: AbortSignal): Promise<boolean> {
    const path = `/repos/${repository}/tags/${encodeURIComponent(tag)}`;
    try {
      (await this.call({ action: 'DeleteImage', method: 'DELETE', path, signal })).drop();
      return true;
    } catch (error) {
      if (error instanceof RegistryError && error.failure === 'not-found') return false;
      throw error;
    }
  }

  protected override async *listMatching(pattern: string, signal?: AbortSignal): AsyncGenerator<string> {
    const prefix = literalPrefix(pattern);
    for (let page = 1; page <= mostPages; page += 1) {
      const query = { Page: String(page), PageSize: String(pageSize) };
      const answer = await this.call({ action: 'GetRepoList', path: '/repos', query, signal });
      const { repos } = (await readJson(answer, repositoryPage)).data;
      const names = repos.map(({ repoNamespace, repoName }) => `${repoNamespace}/${repoName}`);
      yield* names.filter((name) => name.startsWith(prefix));
      if (repos.length < pageSize) return;
    }
  }

  private async requestPassword(signal?: AbortSignal): Promise<{ value: RegistryCredential; until: number }> {
    const answer = await this.call({ action: 'GetAuthorizationToken', path: '/tokens', signal });
    const { authorizationToken, tempUserName, expireDate } = (await readJson(answer, authorization)).data;
    const value: RegistryCredential = { type: 'basic', accessKey: tempUserName, accessSecret: authorizationToken };
    return { value, until: expireDate - renewAheadMs };
  }

  /** @throws RegistryError */
  private async call({ action, method = 'GET', path, query = {}, body = '', signal }: Wish): Promise<OutboundResponse> {
    const { host } = this;
    const { credential } = this.endpoint;
    if (credential === undefined) throw new RegistryError('unauthorized', `https://${host} needs an access key`);
    const { transport } = this.client.connection;
    const call = { action, method, host, path, query, body, version: '2016-06-07' };
    const text = acsQuery(query);
    const response = await transport.send(new URL(`https://${host}${path}${text === '' ? '' : `?${text}`}`), {
      method,
      headers: {
        accept: 'application/json',
        ...(body === '' ? {} : { 'content-type': 'application/json' }),
        ...signAcs(credential, call, randomUUID(), new Date(transport.clock.now())),
      },
      ...(body === '' ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (response.status === 200) return response;
    throw await transport.refusal(response);
  }
}

/** @throws RegistryError unsupported for an address of another edition */
function apiHostOf(url: string): string {
  const { hostname } = new URL(url);
  const [, region] = /^registry(?:-vpc)?\.([a-z0-9-]+)\.aliyuncs\.com$/.exec(hostname) ?? [];
  if (region !== undefined) return `cr.${region}.aliyuncs.com`;
  throw new RegistryError('unsupported', `${hostname} is no registry of Alibaba Cloud's personal edition`);
}
