import { basicChallenge, bearerChallenge, tokenRealm, wholeScope } from './challenge.js';

describe('tokenRealm', () => {
  it.each([
    ['http://localhost:8080', 'registry.example:8443', 'http://registry.example:8443/service/token'],
    ['https://haven.example', '[::1]:5000', 'https://[::1]:5000/service/token'],
    ['https://haven.example', undefined, 'https://haven.example/service/token'],
    ['https://haven.example', 'a",realm="http://evil', 'https://haven.example/service/token'],
    ['https://haven.example', '', 'https://haven.example/service/token'],
  ])('has the scheme of %s and the host %s', (externalUrl, host, realm) => {
    expect(tokenRealm(externalUrl, host)).toBe(realm);
  });
});

describe('bearerChallenge', () => {
  const realm = 'http://host/service/token';

  it.each([
    [[], undefined, ''],
    [[{ repository: 'p/a', action: 'pull' }], undefined, ',scope="repository:p/a:pull"'],
    [[{ repository: 'p/a', action: 'push' }], undefined, ',scope="repository:p/a:pull,push"'],
    [[{ repository: 'p/a', action: 'delete' }], undefined, ',scope="repository:p/a:delete"'],
    [
      [
        { repository: 'p/a', action: 'push' },
        { repository: 'q/b', action: 'pull' },
      ],
      'insufficient_scope',
      ',scope="repository:p/a:pull,push repository:q/b:pull",error="insufficient_scope"',
    ],
    [[], 'invalid_token', ',error="invalid_token"'],
  ] as const)('names %j and %s', (scopes, error, rest) => {
    expect(bearerChallenge(realm, scopes, error)).toBe(`Bearer realm="${realm}",service="harbor-registry"${rest}`);
  });

  it('is not what helps everybody', () => {
    expect(basicChallenge).toBe('Basic realm="harbor"');
    expect(wholeScope({ repository: 'p/a', action: 'pull' })).toBe('repository:p/a:pull,push,delete');
  });
});
