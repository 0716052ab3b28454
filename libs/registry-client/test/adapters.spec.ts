import type { Digest } from '@haven/oci';
import { createRemoteRegistry, remoteTypes, RegistryError, type RemoteEndpoint } from '../src/index.js';
import type { RemoteRegistry } from '../src/index.js';
import {
  basic,
  behindTokens,
  challenge,
  collect,
  impatient,
  ScriptedCloud,
  tokensFor,
  type Asked,
  type Script,
  type Told,
} from './scripted-cloud.js';

const digest = `sha256:${'a'.repeat(64)}` as Digest;
const account = { type: 'basic', accessKey: 'ada', accessSecret: 'secret-of-ada' } as const;
const asAda = basic(account.accessKey, account.accessSecret);

function meet(
  type: string,
  url: string,
  script: Script,
  changes: Partial<RemoteEndpoint> = {},
): { cloud: ScriptedCloud; remote: RemoteRegistry } {
  const cloud = new ScriptedCloud(script);
  const endpoint = { id: 7, name: type, type, url, insecure: false, credential: account, ...changes };
  return { cloud, remote: createRemoteRegistry(endpoint, cloud, impatient) };
}
const names = (remote: RemoteRegistry, namePattern = ''): Promise<string[]> =>
  collect(remote.listRepositories({ namePattern }));
const failureOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (error: unknown) => (error instanceof RegistryError ? error.failure : String(error)),
  );
/** Only to whoever shows this header. */
const shown =
  (name: string, value: string, answer: (asked: Asked) => Told) =>
  (asked: Asked): Told =>
    asked.headers[name] === value ? answer(asked) : { status: 401, json: { message: 'who are you?' } };

it('a name without wildcards is asked for nowhere', async () => {
  const urls = new Map([
    ['aws-ecr', 'https://api.ecr.eu-west-1.amazonaws.com'],
    ['ali-acr', 'https://registry.cn-hangzhou.aliyuncs.com'],
  ]);
  for (const type of remoteTypes) {
    const { remote, cloud } = meet(type, urls.get(type) ?? 'https://registry.example.com', {});
    expect(await names(remote, 'team/{app,web}')).toEqual(['team/app', 'team/web']);
    expect(cloud.asked).toEqual([]);
  }
});

it('an unknown kind, or an address of another kind, is refused', () => {
  expect(() => meet('dtr', 'https://example.com', {})).toThrow('there is no adapter for "dtr"');
  expect(() => meet('aws-ecr', 'https://example.com', {})).toThrow('no address of Amazon ECR');
  expect(() => meet('ali-acr', 'https://x-registry.cn-hangzhou.cr.aliyuncs.com', {})).toThrow('personal edition');
});

describe('harbor', () => {
  const api = 'harbor.example.com/api/v2.0';
  const own = (answer: (asked: Asked) => Told) => shown('authorization', asAda, answer);

  it('lists repositories by the start of their names, page by page', async () => {
    const { remote } = meet('harbor', 'https://harbor.example.com', {
      [`GET ${api}/repositories`]: own(({ url }) => {
        expect(url.searchParams.get('q')).toBe('name=~library/a');
        return url.searchParams.get('page') === '2'
          ? { json: [{ name: 'library/apple' }, { name: 'other-library/abc' }] }
          : {
              json: [{ name: 'library/alpine' }],
              headers: { link: `</api/v2.0/repositories?page=2&page_size=100&q=name%3D~library/a>; rel="next"` },
            };
      }),
    });
    expect(await names(remote, 'library/a*')).toEqual(['library/alpine', 'library/apple']);
  });

  it('makes the projects that are missing, and pushes into no proxy cache', async () => {
    const made: unknown[] = [];
    let upstream = 0;
    const { remote } = meet('harbor', 'https://harbor.example.com', {
      [`GET ${api}/projects`]: own(({ url }) => {
        expect(url.searchParams.get('q')).toBe('name={old new}');
        return { json: [{ name: 'old', registry_id: upstream }] };
      }),
      [`POST ${api}/projects`]: own(({ body }) => {
        made.push(JSON.parse(body));
        return { status: 201 };
      }),
    });
    await remote.prepareForPush(['old/a', 'new/a', 'new/b']);
    expect(made).toEqual([{ project_name: 'new', metadata: { public: 'false' } }]);
    upstream = 3;
    expect(await failureOf(remote.prepareForPush(['old/a', 'new/b']))).toBe('refused');
  });

  it('finds artifacts by their labels, and tells the labels', async () => {
    const path = `${api}/projects/team/repositories/app%252Fweb/artifacts`;
    const artifact = { digest, manifest_media_type: 'application/vnd.oci.image.manifest.v1+json' };
    const { remote } = meet('harbor', 'https://harbor.example.com', {
      [`GET ${path}`]: own(() => ({
        json: [
          { ...artifact, tags: [{ name: '1' }], labels: [{ name: 'prod' }, { name: 'eu' }] },
          { ...artifact, tags: null, labels: [{ name: 'prod' }] },
        ],
      })),
      [`GET ${api}/labels`]: own(() => ({ json: [{ name: 'eu' }, { name: 'prod' }] })),
    });
    const found = await collect(remote.listArtifacts!('team/app/web', { labels: ['prod', 'eu'] }));
    expect(found).toEqual([{ digest, mediaType: artifact.manifest_media_type, tags: ['1'], labels: ['prod', 'eu'] }]);
    expect(await remote.listLabels!()).toEqual(['eu', 'prod']);
  });

  it('deletes a tag alone, and says where a blob is', async () => {
    const tags = `${api}/projects/team/repositories/app/artifacts/1/tags/1`;
    let status = 200;
    const { remote } = meet('harbor', 'https://harbor.example.com', {
      [`DELETE ${tags}`]: own(() => ({ status })),
      [`GET ${api}/repositories`]: own(({ url }) => {
        expect(url.searchParams.get('q')).toBe(`blob_digest=${digest}`);
        return { json: [{ name: 'team/app' }] };
      }),
    });
    expect(await remote.deleteTag('team/app', '1')).toBe(true);
    status = 404;
    expect(await remote.deleteTag('team/app', '1')).toBe(false);
    expect(await remote.findBlob!(digest)).toBe('team/app');
  });
});

describe('docker-hub', () => {
  const repositories = 'hub.docker.com/v2/namespaces';
  const inHub = (answer: (asked: Asked) => Told) => shown('authorization', 'Bearer hub-token', answer);
  const script: Script = {
    'POST hub.docker.com/v2/auth/token': ({ body }) => {
      const isAda = body === JSON.stringify({ identifier: 'ada', secret: 'secret-of-ada' });
      return isAda ? { json: { access_token: 'hub-token' } } : { status: 401, json: { message: 'no' } };
    },
    [`GET ${repositories}/ada/repositories`]: inHub(({ url }) =>
      url.searchParams.get('page') === '2'
        ? { json: { next: null, results: [{ namespace: 'ada', name: 'two' }] } }
        : { json: { next: `${url.href}&page=2`, results: [{ namespace: 'ada', name: 'one' }] } },
    ),
    [`GET ${repositories}/team/repositories`]: inHub(() => ({ json: { next: null, results: [] } })),
    'DELETE hub.docker.com/v2/repositories/ada/one/tags/1/': inHub(() => ({ status: 204 })),
    'GET registry-1.docker.io/v2/': behindTokens('https://auth.docker.io/token', 'registry.docker.io'),
    'GET auth.docker.io/token': tokensFor(asAda),
  };

  it('asks the hub for names, with one token, and the registry for content', async () => {
    const { remote, cloud } = meet('docker-hub', 'https://hub.docker.com', script);
    expect(await names(remote)).toEqual(['ada/one', 'ada/two']);
    expect(await names(remote, 'team/**')).toEqual([]);
    expect(await remote.deleteTag('ada/one', '1')).toBe(true);
    expect(cloud.take().filter((one) => one.startsWith('POST'))).toHaveLength(1);
    await remote.ping();
    expect(cloud.take()).toEqual([
      'GET registry-1.docker.io/v2/',
      'GET auth.docker.io/token',
      'GET registry-1.docker.io/v2/',
    ]);
  });

  it('does not take a wrong password for none', async () => {
    const { remote } = meet('docker-hub', 'https://hub.docker.com', script, {
      credential: { ...account, accessSecret: 'guess' },
    });
    expect(await failureOf(remote.ping())).toBe('unauthorized');
    expect(await failureOf(names(remote))).toBe('unauthorized');
  });
});

describe('github-ghcr', () => {
  const api = 'api.github.com';
  const own = (answer: (asked: Asked) => Told) => shown('authorization', 'Bearer secret-of-ada', answer);

  it('lists packages of users and organisations, and deletes a version', async () => {
    const { remote, cloud } = meet('github-ghcr', 'https://ghcr.io', {
      [`GET ${api}/users/ada`]: own(() => ({ json: { type: 'User' } })),
      [`GET ${api}/users/Team`]: own(() => ({ json: { type: 'Organization' } })),
      [`GET ${api}/users/ada/packages`]: own(({ url }) => {
        expect(url.searchParams.get('package_type')).toBe('container');
        return url.searchParams.has('page')
          ? { json: [{ name: 'web' }] }
          : {
              json: [{ name: 'app/api' }],
              headers: { link: `<${url.href}&page=2>; rel="next", <${url.href}&page=2>; rel="last"` },
            };
      }),
      [`GET ${api}/orgs/Team/packages`]: own(() => ({ json: [{ name: 'App' }] })),
      [`GET ${api}/users/ada/packages/container/app%2Fapi/versions`]: own(() => ({
        json: [
          { id: 4, name: `sha256:${'b'.repeat(64)}` },
          { id: 5, name: digest },
        ],
      })),
      [`DELETE ${api}/users/ada/packages/container/app%2Fapi/versions/5`]: own(() => ({ status: 204 })),
    });
    expect(await names(remote)).toEqual(['ada/app/api', 'ada/web']);
    expect(await names(remote, 'Team/*')).toEqual(['team/app']);
    cloud.take();
    expect(await remote.deleteArtifact('ada/app/api', digest)).toBe(true);
    expect(cloud.take().at(-1)).toBe(`DELETE ${api}/users/ada/packages/container/app%2Fapi/versions/5`);
  });

  it('speaks to the registry with tokens', async () => {
    const { remote, cloud } = meet('github-ghcr', 'https://ghcr.io', {
      'GET ghcr.io/v2/': behindTokens('https://ghcr.io/token', 'ghcr.io'),
      'GET ghcr.io/token': tokensFor(asAda),
    });
    await remote.ping();
    expect(cloud.take()).toHaveLength(3);
  });
});

describe('gitlab', () => {
  it('finds the API where the registry sends for tokens, and lists repositories by project', async () => {
    const own = (answer: (asked: Asked) => Told) => shown('private-token', 'secret-of-ada', answer);
    const api = 'gitlab.example.com/api/v4/projects';
    const { remote, cloud } = meet('gitlab', 'https://registry.gitlab.example.com', {
      'GET registry.gitlab.example.com/v2/': () =>
        challenge('Bearer realm="https://gitlab.example.com/jwt/auth",service="container_registry"'),
      [`GET ${api}`]: own(() => ({
        json: [
          { id: 1, path_with_namespace: 'Team/App' },
          { id: 2, path_with_namespace: 'team/off' },
          { id: 3, path_with_namespace: 'other/app' },
        ],
      })),
      [`GET ${api}/1/registry/repositories`]: own(() => ({
        json: [{ path: 'team/app' }, { path: 'team/app/worker' }],
      })),
      [`GET ${api}/2/registry/repositories`]: own(() => ({ status: 404, json: { message: '404 Not Found' } })),
    });
    expect(await names(remote, 'team/**')).toEqual(['team/app', 'team/app/worker']);
    expect(await names(remote, 'team/app/w*')).toEqual(['team/app/worker']);
    expect(cloud.take().filter((one) => one.endsWith('/v2/'))).toHaveLength(1);
  });

  it('shows its token to nobody without TLS', async () => {
    const { remote, cloud } = meet('gitlab', 'https://registry.gitlab.example.com', {
      'GET registry.gitlab.example.com/v2/': () => challenge('Bearer realm="http://evil.example.com/jwt/auth"'),
    });
    expect(await failureOf(names(remote))).toBe('malformed');
    expect(cloud.take()).toEqual(['GET registry.gitlab.example.com/v2/']);
  });
});

describe('quay', () => {
  const file = JSON.stringify({
    account_name: 'team+robot',
    docker_cli_password: 'robot',
    oauth2_token: 'for the API',
  });
  const credential = { type: 'basic', accessKey: 'json_file', accessSecret: file } as const;

  it('takes account and token from one file', async () => {
    const own = (answer: (asked: Asked) => Told) => shown('authorization', 'Bearer for the API', answer);
    const { remote } = meet(
      'quay',
      'https://quay.io',
      {
        'GET quay.io/api/v1/repository': own(({ url }) => {
          expect(url.searchParams.get('namespace')).toBe('team');
          return url.searchParams.get('next_page') === 'more'
            ? { json: { repositories: [{ namespace: 'team', name: 'web' }] } }
            : { json: { repositories: [{ namespace: 'team', name: 'app' }], next_page: 'more' } };
        }),
        'DELETE quay.io/api/v1/repository/team/app/tag/1': own(() => ({ status: 204 })),
        'GET quay.io/v2/': behindTokens('https://quay.io/v2/auth', 'quay.io'),
        'GET quay.io/v2/auth': tokensFor(basic('team+robot', 'robot')),
      },
      { credential },
    );
    expect(await names(remote)).toEqual(['team/app', 'team/web']);
    expect(await remote.deleteTag('team/app', '1')).toBe(true);
    await remote.ping();
  });

  it('lists what is public where there is only a user', async () => {
    const { remote } = meet('quay', 'https://quay.io', {
      'GET quay.io/api/v1/repository': ({ url }) => ({
        json: { repositories: url.searchParams.get('public') === 'true' ? [{ namespace: 'ada', name: 'app' }] : [] },
      }),
    });
    expect(await names(remote, '**')).toEqual(['ada/app']);
  });
});

describe('aws-ecr', () => {
  const host = 'api.ecr.eu-west-1.amazonaws.com';
  const registry = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
  const there = new Set(['team/app']);

  /** Each action, for whoever has signed the request. */
  const script: Script = {
    [`POST ${host}/`]: ({ headers, body }) => {
      const scope = 'Credential=ada/\\d{8}/eu-west-1/ecr/aws4_request';
      const signed = 'SignedHeaders=content-type;host;x-amz-date;x-amz-target';
      expect(headers['authorization']).toMatch(
        new RegExp(`^AWS4-HMAC-SHA256 ${scope}, ${signed}, Signature=[0-9a-f]{64}$`),
      );
      const [, action = ''] = headers['x-amz-target']?.split('.') ?? [];
      return answers[action]!(JSON.parse(body) as Input);
    },
    [`GET ${registry}/v2/`]: ({ headers }) =>
      headers['authorization'] === basic('AWS', 'password') ? { json: {} } : challenge('Basic realm="ecr"'),
  };
  interface Input {
    repositoryName: string;
    repositoryNames?: string[];
    nextToken?: string;
    imageIds: { imageTag?: string; imageDigest?: string }[];
  }
  const answers: Record<string, (input: Input) => Told> = {
    GetAuthorizationToken: () => ({
      json: {
        authorizationData: [
          {
            authorizationToken: Buffer.from('AWS:password').toString('base64'),
            expiresAt: Date.now() / 1_000 + 43_200,
            proxyEndpoint: `https://${registry}`,
          },
        ],
      },
    }),
    DescribeRepositories: ({ repositoryNames, nextToken }) => {
      if (repositoryNames?.every((name) => there.has(name)) === false) {
        return { status: 400, json: { __type: 'RepositoryNotFoundException', message: 'no' } };
      }
      return nextToken === undefined
        ? { json: { repositories: [{ repositoryName: 'team/app' }], nextToken: 'more' } }
        : { json: { repositories: [{ repositoryName: 'team/web' }] } };
    },
    CreateRepository: ({ repositoryName }) => {
      if (there.has(repositoryName)) {
        return { status: 400, json: { __type: 'com.amazonaws.ecr#RepositoryAlreadyExistsException' } };
      }
      there.add(repositoryName);
      return { json: {} };
    },
    BatchDeleteImage: ({ imageIds: [image] }) => ({
      json: { failures: image?.imageTag === 'none' ? [{ failureCode: 'ImageNotFound' }] : [] },
    }),
  };

  it('turns keys into a password once, and speaks to the registry that the API names', async () => {
    const { remote, cloud } = meet('aws-ecr', `https://${host}`, script);
    await remote.ping();
    await remote.ping();
    expect(cloud.take()).toEqual([
      `POST ${host}/`,
      `GET ${registry}/v2/`,
      `GET ${registry}/v2/`,
      `GET ${registry}/v2/`,
    ]);
  });

  it('lists, makes and deletes', async () => {
    const { remote, cloud } = meet('aws-ecr', `https://${registry}`, script);
    expect(await names(remote, '**')).toEqual(['team/app', 'team/web']);
    await remote.prepareForPush(['team/app', 'team/new']);
    expect(there.has('team/new')).toBe(true);
    cloud.take();
    await remote.prepareForPush(['team/app', 'team/new', 'team/app']);
    expect(cloud.take()).toEqual([`POST ${host}/`]);
    expect(await remote.deleteTag('team/app', '1')).toBe(true);
    expect(await remote.deleteTag('team/app', 'none')).toBe(false);
    expect(await remote.deleteArtifact('team/app', digest)).toBe(true);
  });
});

describe('ali-acr', () => {
  const host = 'cr.cn-hangzhou.aliyuncs.com';
  const registry = 'registry.cn-hangzhou.aliyuncs.com';
  const signed =
    (action: string, answer: (asked: Asked) => Told) =>
    (asked: Asked): Told => {
      expect(asked.headers).toMatchObject({ 'x-acs-action': action, 'x-acs-version': '2016-06-07' });
      expect(asked.headers['authorization']).toMatch(/^ACS3-HMAC-SHA256 Credential=ada,.*,Signature=[0-9a-f]{64}$/);
      return answer(asked);
    };

  it('turns keys into a password, lists, makes namespaces, deletes tags', async () => {
    const made: string[] = [];
    const { remote } = meet('ali-acr', `https://${registry}`, {
      [`GET ${host}/tokens`]: signed('GetAuthorizationToken', () => ({
        json: {
          data: { authorizationToken: 'password', tempUserName: 'cr_temp_user', expireDate: Date.now() + 3_600_000 },
        },
      })),
      [`GET ${host}/repos`]: signed('GetRepoList', ({ url }) => ({
        json: {
          data: {
            repos: Array.from({ length: url.searchParams.get('Page') === '1' ? 100 : 1 }, (_, at) => ({
              repoNamespace: 'team',
              repoName: `app-${url.searchParams.get('Page')}-${at}`,
            })),
          },
        },
      })),
      [`GET ${host}/namespace`]: signed('GetNamespaceList', () => ({
        json: { data: { namespaces: [{ namespace: 'team' }] } },
      })),
      [`PUT ${host}/namespace`]: signed('CreateNamespace', ({ body }) => {
        made.push(body);
        return {};
      }),
      [`DELETE ${host}/repos/team/app/tags/1`]: signed('DeleteImage', () => ({})),
      [`GET ${registry}/v2/`]: behindTokens('https://dockerauth.cn-hangzhou.aliyuncs.com/auth', registry),
      'GET dockerauth.cn-hangzhou.aliyuncs.com/auth': tokensFor(basic('cr_temp_user', 'password')),
    });
    await remote.ping();
    expect(await names(remote, 'team/**')).toHaveLength(101);
    await remote.prepareForPush(['team/app', 'new/app']);
    expect(made).toEqual(['{"Namespace":{"Namespace":"new"}}']);
    expect(await remote.deleteTag('team/app', '1')).toBe(true);
  });
});

describe('azure-acr', () => {
  it('lists by the catalog, and deletes tags by its own path', async () => {
    const host = 'team.azurecr.io';
    const needs = (scope: string, answer: (asked: Asked) => Told) =>
      behindTokens(`https://${host}/oauth2/token`, host, (asked) =>
        asked.headers['authorization'] === `Bearer token-${scope}` ? answer(asked) : challenge(''),
      );
    const { remote } = meet('azure-acr', `https://${host}`, {
      [`GET ${host}/oauth2/token`]: tokensFor(asAda),
      [`GET ${host}/v2/_catalog`]: needs('registry:catalog:*', ({ url }) =>
        url.searchParams.get('last') === 'app'
          ? { json: { repositories: ['web'] } }
          : { json: { repositories: ['app'] }, headers: { link: '</v2/_catalog?last=app&n=1000>; rel="next"' } },
      ),
      [`DELETE ${host}/acr/v1/app/_tags/1`]: needs('repository:app:delete', () => ({ status: 202 })),
    });
    expect(await names(remote)).toEqual(['app', 'web']);
    expect(await remote.deleteTag('app', '1')).toBe(true);
  });
});

describe('google-gcr', () => {
  it('walks down from the part of the pattern without wildcards', async () => {
    const host = 'europe-docker.pkg.dev';
    const below = (child: string[], isRepository = false) =>
      behindTokens(`https://${host}/v2/token`, host, () => ({
        json: { child, manifest: isRepository ? { [digest]: { tag: ['1'] } } : {}, tags: [] },
      }));
    const key = { type: 'basic', accessKey: '_json_key', accessSecret: '{"type":"service_account"}' } as const;
    const script = {
      [`GET ${host}/v2/token`]: tokensFor(basic(key.accessKey, key.accessSecret)),
      [`GET ${host}/v2/project/images/tags/list`]: below(['app', 'tools']),
      [`GET ${host}/v2/project/images/app/tags/list`]: below(['worker'], true),
      [`GET ${host}/v2/project/images/app/worker/tags/list`]: below([], true),
      [`GET ${host}/v2/project/images/tools/tags/list`]: below([]),
    };
    const { remote } = meet('google-gcr', `https://${host}`, script, { credential: key });
    expect(await names(remote, 'project/images/**')).toEqual(['project/images/app', 'project/images/app/worker']);
  });
});

describe('jfrog-artifactory', () => {
  it('lists the images of each of its repositories, makes repositories, and deletes tags', async () => {
    const host = 'team.jfrog.io';
    const own = (answer: (asked: Asked) => Told) => shown('authorization', asAda, answer);
    const made: unknown[] = [];
    const { remote, cloud } = meet('jfrog-artifactory', `https://${host}`, {
      [`GET ${host}/artifactory/api/repositories`]: own(() => ({ json: [{ key: 'docker-local' }, { key: 'other' }] })),
      [`GET ${host}/artifactory/api/docker/docker-local/v2/_catalog`]: own(() => ({
        json: { repositories: ['app', 'team/web'] },
      })),
      [`PUT ${host}/artifactory/api/repositories/new`]: own(({ body }) => {
        made.push(JSON.parse(body));
        return {};
      }),
      [`DELETE ${host}/artifactory/docker-local/app/1`]: own(() => ({ status: 204 })),
    });
    expect(await names(remote, 'docker-local/**')).toEqual(['docker-local/app', 'docker-local/team/web']);
    expect(cloud.take()).toHaveLength(2);
    await remote.prepareForPush(['docker-local/app', 'new/app', 'new/web']);
    expect(made).toMatchObject([{ key: 'new', rclass: 'local', packageType: 'docker' }]);
    expect(await remote.deleteTag('docker-local/app', '1')).toBe(true);
  });
});

describe('docker-registry and zot', () => {
  it('list by the catalog, what begins as the pattern does', async () => {
    for (const type of ['docker-registry', 'zot']) {
      const { remote } = meet(type, 'https://registry.example.com', {
        'GET registry.example.com/v2/_catalog': ({ url }) =>
          url.searchParams.get('last') === 'team/app'
            ? { json: { repositories: ['team/web'] } }
            : {
                json: { repositories: ['team-b/app', 'team/app'] },
                headers: { link: '<http://inside/v2/_catalog?last=team/app&n=2>; rel="next"' },
              },
      });
      expect(await names(remote, 'team/*')).toEqual(['team/app', 'team/web']);
    }
  });
});
