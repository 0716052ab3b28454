import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider, { type Account, type Configuration } from 'oidc-provider';
import type { ProviderCommand, ProviderSettings } from './provider.js';

// A real OpenID Connect provider as a process of its own. Its parent says who its users are, over the channel between them.

// Told at every start: that it keeps nothing, and that its keys and forms are for trials.
console.info = console.warn = () => undefined;

const settings = JSON.parse(process.argv[2] ?? '') as ProviderSettings;
const server = createServer();
await new Promise<void>((done) => server.listen(settings.port ?? 0, '127.0.0.1', done));
const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const people = new Map(Object.entries(settings.people));
const withdrawn = new Set<string>();

const findAccount: NonNullable<Configuration['findAccount']> = (_context, sub) => {
  const claims = people.get(sub);
  const account: Account = { accountId: sub, claims: () => ({ sub, ...claims }) };
  return claims === undefined || withdrawn.has(sub) ? undefined : account;
};

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: settings.clientId,
      client_secret: settings.clientSecret,
      redirect_uris: [`${settings.clientUrl}/c/oidc/callback`],
      post_logout_redirect_uris: [`${settings.clientUrl}/`],
      grant_types: ['authorization_code', 'refresh_token'],
    },
  ],
  findAccount,
  pkce: { required: () => true },
  claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email'], groups: ['groups'] },
  conformIdTokenClaims: settings.claimsInUserinfoOnly ?? false,
  rotateRefreshToken: true,
  issueRefreshToken: () => true,
  // Once somebody has agreed, they are not asked again.
  loadExistingGrant: async (context) => {
    const { session, client } = context.oidc;
    if (client === undefined || session?.accountId === undefined) return undefined;
    const grant = new context.oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope('openid profile email groups offline_access');
    await grant.save();
    return grant;
  },
  features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
  ttl: { IdToken: settings.idTokenSeconds ?? 3_600, AccessToken: 3_600, RefreshToken: 86_400, Session: 86_400 },
  cookies: { keys: ['of-the-tests'] },
});
const answer = provider.callback();
server.on('request', (request, response) => void answer(request, response));

process.on('message', (command: ProviderCommand) => {
  switch (command.kind) {
    case 'withdraw':
      withdrawn.add(command.sub);
      break;
    case 'change':
      people.set(command.sub, command.claims);
      break;
  }
  process.send?.({ done: command.id });
});
// Nobody outlives the test that started them.
process.on('disconnect', () => process.exit());
process.send?.({ issuer });
