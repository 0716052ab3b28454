import type { Digest } from '@haven/oci';
import type { OutboundClient, OutboundResponse } from '@haven/outbound';
import { z } from 'zod';
import { signPost } from '../aws-signature.js';
import { memo } from '../memo.js';
import { readJson } from '../read-json.js';
import type { RegistryCredential } from '../authorizer.js';
import { RegistryError } from '../registry.error.js';
import { plainCapabilities, type RemoteEndpoint, type RemoteOptions } from '../remote-registry.js';
import { DistributionAdapter } from './distribution.adapter.js';

/** A token is renewed so long before its end; it holds for twelve hours. */
const renewAheadMs = 600_000;
const namesAtOnce = 100;

const authorization = z.object({
  authorizationData: z.tuple([
    z.object({ authorizationToken: z.string(), expiresAt: z.number(), proxyEndpoint: z.string() }),
  ]),
});
const repositoryPage = z.object({
  repositories: z.array(z.object({ repositoryName: z.string() })),
  nextToken: z.string().nullish(),
});
const deletion = z.object({ failures: z.array(z.object({ failureCode: z.string() })).nullish() });

interface EcrAccess {
  credential: RegistryCredential;
  url: string;
}

/** Amazon ECR: AWS keys are exchanged for a password, and repositories made, by its API (API version 2015-09-21). */
export class EcrAdapter extends DistributionAdapter {
  override readonly capabilities = { ...plainCapabilities, tagDeletion: true };
  private readonly place: { api: URL; region: string };

  constructor(endpoint: RemoteEndpoint, outbound: OutboundClient, options: RemoteOptions = {}) {
    const access = memo<EcrAccess>({ now: options.clock?.now ?? Date.now }, (signal) => this.requestAccess(signal));
    super(endpoint, outbound, {
      ...options,
      url: async (signal) => (isRegistryHost(endpoint.url) ? endpoint.url : (await access(signal)).url),
      credentials: async (signal) => (await access(signal)).credential,
    });
    this.place = placeOf(endpoint.url);
  }

  override async prepareForPush(repositories: readonly string[], signal?: AbortSignal): Promise<void> {
    const wanted = [...new Set(repositories)];
    for (let at = 0; at < wanted.length; at += namesAtOnce) {
      const repositoryNames = wanted.slice(at, at + namesAtOnce);
      const isAllThere = await this.call(
        'DescribeRepositories',
        { repositoryNames },
        'RepositoryNotFoundException',
        signal,
      );
      isAllThere?.drop();
      if (isAllThere !== null) continue;
      for (const repositoryName of repositoryNames) {
        const made = await this.call(
          'CreateRepository',
          { repositoryName },
          'RepositoryAlreadyExistsException',
          signal,
        );
        made?.drop();
      }
    }
  }

  override deleteArtifact(repository: string, digest: Digest, signal?: AbortSignal): Promise<boolean> {
    return this.deleteImage(repository, { imageDigest: digest }, signal);
  }

  override deleteTag(repository: string, tag: string, signal?: AbortSignal): Promise<boolean> {
    return this.deleteImage(repository, { imageTag: tag }, signal);
  }

  protected override async *listMatching(_pattern: string, signal?: AbortSignal): AsyncGenerator<string> {
    for (let nextToken: string | undefined; ;) {
      const input = { maxResults: 1_000, ...(nextToken === undefined ? {} : { nextToken }) };
      const page = await readJson(await this.require('DescribeRepositories', input, signal), repositoryPage);
      yield* page.repositories.map(({ repositoryName }) => repositoryName);
      nextToken = page.nextToken ?? undefined;
      if (nextToken === undefined) return;
    }
  }

  private async deleteImage(repositoryName: string, imageId: object, signal?: AbortSignal): Promise<boolean> {
    const input = { repositoryName, imageIds: [imageId] };
    const answer = await this.call('BatchDeleteImage', input, 'RepositoryNotFoundException', signal);
    if (answer === null) return false;
    const [failure] = (await readJson(answer, deletion)).failures ?? [];
    if (failure === undefined) return true;
    if (failure.failureCode === 'ImageNotFound') return false;
    throw new RegistryError('refused', `${this.place.api.origin} does not delete it: ${failure.failureCode}`);
  }

  private async requestAccess(signal?: AbortSignal): Promise<{ value: EcrAccess; until: number }> {
    const answer = await readJson(await this.require('GetAuthorizationToken', {}, signal), authorization);
    const [{ authorizationToken, expiresAt, proxyEndpoint }] = answer.authorizationData;
    const [accessKey = '', accessSecret = ''] = Buffer.from(authorizationToken, 'base64')
      .toString('utf8')
      .split(':', 2);
    const value: EcrAccess = { credential: { type: 'basic', accessKey, accessSecret }, url: proxyEndpoint };
    return { value, until: expiresAt * 1_000 - renewAheadMs };
  }

  private async require(action: string, input: object, signal?: AbortSignal): Promise<OutboundResponse> {
    const answer = await this.call(action, input, null, signal);
    if (answer === null) throw new RegistryError('refused', `${this.place.api.origin} does not ${action}`);
    return answer;
  }

  /** @param expected an error that is no failure @returns null for that error @throws RegistryError */
  private async call(
    action: string,
    input: object,
    expected: string | null,
    signal?: AbortSignal,
  ): Promise<OutboundResponse | null> {
    const { api, region } = this.place;
    const { credential } = this.endpoint;
    if (credential === undefined) throw new RegistryError('unauthorized', `${api.origin} needs an access key`);
    const { transport } = this.client.connection;
    const body = JSON.stringify(input);
    const headers = {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AmazonEC2ContainerRegistry_V20150921.${action}`,
    };
    const signed = signPost(
      { ...credential, region, service: 'ecr' },
      api.host,
      headers,
      body,
      new Date(transport.clock.now()),
    );
    const request = { method: 'POST', headers: signed, body, ...(signal === undefined ? {} : { signal }) };
    const response = await transport.send(api, request);
    if (response.status === 200) return response;
    const refusal = await transport.refusal(response);
    if (expected !== null && refusal.code === expected) return null;
    throw refusal;
  }
}

const registryHost = /^\d+\.dkr\.ecr(?:-fips)?\.([a-z0-9-]+)\.(amazonaws\.com(?:\.cn)?)$/;
const apiHost = /^api\.ecr\.([a-z0-9-]+)\.(amazonaws\.com(?:\.cn)?)$/;

const isRegistryHost = (url: string): boolean => registryHost.test(new URL(url).hostname);

/** @throws RegistryError unsupported for an address that is none of ECR's */
function placeOf(url: string): { api: URL; region: string } {
  const { hostname } = new URL(url);
  const [, region, domain] = registryHost.exec(hostname) ?? apiHost.exec(hostname) ?? [];
  if (region === undefined || domain === undefined) {
    throw new RegistryError('unsupported', `${hostname} is no address of Amazon ECR`);
  }
  return { api: new URL(`https://api.ecr.${region}.${domain}/`), region };
}
