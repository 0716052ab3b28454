import { redacted } from './redacted.js';

describe('redacted', () => {
  it.each([
    ['{"a":{"ldap_search_password":"x\\"y","b":1}}', '{"a":{"ldap_search_password":"[redacted]","b":1}}'],
    [
      '{"m":"said {\\"access_token\\":\\"abc\\",\\"n\\":1}"}',
      '{"m":"said {\\"access_token\\":\\"[redacted]\\",\\"n\\":1}"}',
    ],
    ['{"m":"cut off {\\"secret\\": \\"abc', '{"m":"cut off {\\"secret\\": \\"[redacted]'],
    ['who sends Bearer abc-DEF/1+= and more', 'who sends Bearer [redacted] and more'],
    ['{"authorization":"Basic YWRtaW46eA=="}', '{"authorization":"[redacted]"}'],
    ['answered Basic YWRtaW46eA==, no', 'answered Basic [redacted], no'],
    ['Harbor-Secret 0123456789abcdef', 'Harbor-Secret [redacted]'],
    ['jwt eyJhbGciOiJ.eyJzdWIiOiJ.sig-nature_1 end', 'jwt [redacted] end'],
    ['connect to redis://:p%20w@127.0.0.1:6379/0 failed', 'connect to redis://[redacted]@127.0.0.1:6379/0 failed'],
    ['postgres://haven:pw@db/registry', 'postgres://[redacted]@db/registry'],
    ['/a?x=1&client_secret=abc&y=2', '/a?x=1&client_secret=[redacted]&y=2'],
    [
      '"GET /c/oidc/callback?code=abc&state=def HTTP/1.1"',
      '"GET /c/oidc/callback?code=[redacted]&state=[redacted] HTTP/1.1"',
    ],
    ['Cookie: a=b; sid=abc; c=d', 'Cookie: a=b; sid=[redacted]; c=d'],
    ['host=db password=abc user=x', 'host=db password=[redacted] user=x'],
  ])('takes secrets out of %j', (line, expected) => {
    expect(redacted(line)).toBe(expected);
  });

  it.each([
    '{"level":"info","url":"/v2/library/app/blobs/uploads/0d9?digest=sha256:00","status":201}',
    '{"message":"asks for Basic authentication, or a Bearer token","code":"UNAUTHORIZED"}',
    'Www-Authenticate: Bearer realm="https://registry.example.com/service/token",service="harbor-registry"',
    'ssh-keys, tokens and secrets are words; see https://example.com/a@b',
    'answered with status code=500 after 3 tries',
    '{"username":"token-keeper","repository":"library/secret-app"}',
  ])('leaves %j as it is', (line) => {
    expect(redacted(line)).toBe(line);
  });
});
