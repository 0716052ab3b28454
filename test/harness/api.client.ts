import { send, type Answer, type Credentials } from '@haven/testing/oci';
import { basicHeader, platform } from './platform.ts';

/** Calls `/api/v2.0` as somebody; without credentials, as nobody. */
export class ApiClient {
  constructor(readonly credentials?: Credentials) {}

  get(path: string, headers?: Record<string, string>): Promise<Answer> {
    return this.call('GET', path, undefined, headers);
  }

  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer> {
    return this.call('POST', path, body, headers);
  }

  put(path: string, body: unknown): Promise<Answer> {
    return this.call('PUT', path, body);
  }

  head(path: string): Promise<Answer> {
    return this.call('HEAD', path);
  }

  delete(path: string): Promise<Answer> {
    return this.call('DELETE', path);
  }

  private call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return send(method, `${platform.url}/api/v2.0${path}`, {
      headers: {
        ...(this.credentials && basicHeader(this.credentials)),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }
}

export const asAdmin = new ApiClient(platform.admin);
export const asNobody = new ApiClient();

/** `/projects/p/repositories/…` of a full repository name; slashes are escaped twice, as Harbor wants it. */
export function repositoryPath(repository: string): string {
  const slash = repository.indexOf('/');
  const inProject = encodeURIComponent(encodeURIComponent(repository.slice(slash + 1)));
  return `/projects/${repository.slice(0, slash)}/repositories/${inProject}`;
}
