import { basic, RegistryClient, type Credentials } from '@haven/testing/oci';

/** An empty variable counts as absent. */
function optional(key: string): string | undefined {
  const value = process.env[key];
  return value === '' ? undefined : value;
}

function required(key: string): string {
  const value = optional(key);
  if (value !== undefined) return value;
  throw new Error(`${key} is not set: run ./haven test black-box, or point it at a running platform`);
}

/** The platform under test. */
export const platform = {
  /** Root of the public address, without a slash at its end. */
  url: new URL(required('HAVEN_TEST_URL')).origin,
  admin: { username: 'admin', password: required('HAVEN_TEST_ADMIN_PASSWORD') } satisfies Credentials,
  /** For tests that look behind the door; they are left out where it is not given. */
  databaseUrl: optional('HAVEN_TEST_DATABASE_URL'),
  dataFolder: optional('HAVEN_TEST_DATA'),
};

/** Host and port, as image references name the registry. */
export const registryHost = new URL(platform.url).host;

/** A registry client for somebody; without credentials, for nobody. */
export const registryFor = (credentials?: Credentials): RegistryClient => new RegistryClient(platform.url, credentials);

export const basicHeader = ({ username, password }: Credentials): Record<string, string> => ({
  authorization: basic(username, password),
});
