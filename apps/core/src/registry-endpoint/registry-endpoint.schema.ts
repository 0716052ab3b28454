import { X509Certificate } from 'node:crypto';
import { Errors } from '@haven/errors';
import { badRequest, textParam, type ListQuery } from '@haven/http';
import { z } from 'zod';

const text = (longest: number) =>
  z
    .string()
    .refine((value) => value.length <= longest && !value.includes('\0'), badRequest(`at most ${longest} characters`));
const given = <T>(schema: z.ZodType<T>) =>
  schema.nullish().transform((value): T | undefined => (value === null ? undefined : value));

const fields = {
  name: given(text(64)),
  description: given(text(65_536)),
  url: given(text(256)),
  insecure: given(z.boolean()),
  ca_certificate: given(text(65_536).refine(isCertificate, badRequest('not a certificate in PEM'))),
};
const secrets = {
  credential_type: given(text(16)),
  access_key: given(text(4_096)),
  access_secret: given(text(4_096)),
};
const type = given(text(32));

/** Harbor's Registry, as far as a caller can set it. */
export const registryBody = z
  .object({
    ...fields,
    type,
    credential: given(
      z.object({ type: given(text(16)), access_key: given(text(4_096)), access_secret: given(text(4_096)) }),
    ),
  })
  .transform(({ credential, ...body }) => ({
    ...body,
    credential_type: credential?.type,
    access_key: credential?.access_key,
    access_secret: credential?.access_secret,
  }));

/** Harbor's RegistryUpdate. */
export const registryUpdate = z.object({ ...fields, ...secrets });
/** Harbor's RegistryPing. */
export const registryPing = z.object({ ...fields, ...secrets, type, id: given(z.int()) });

export type RegistryBody = z.infer<typeof registryBody>;
export type RegistryUpdate = z.infer<typeof registryUpdate>;
export type RegistryPing = z.infer<typeof registryPing>;

/** What answers show instead of a secret; sent back, it means that nothing changes. */
export const maskedSecret = '*****';

const certificates = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** One certificate or several, each of them readable; or nothing. */
function isCertificate(pem: string): boolean {
  if (pem.trim() === '') return true;
  try {
    const found = pem.match(certificates) ?? [];
    return found.map((one) => new X509Certificate(one)).length > 0;
  } catch {
    return false;
  }
}

/**
 * The address of a registry as it is kept: with a scheme, without slash, query and password.
 * @throws AppError BAD_REQUEST
 */
export function requireUrl(address: string): string {
  const trimmed = address.trim().replace(/\/+$/, '');
  if (trimmed === '') throw Errors.badRequest('url cannot be empty');
  const url = URL.parse(trimmed.includes('://') ? trimmed : `http://${trimmed}`);
  if (url === null) throw Errors.badRequest('invalid URL');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw Errors.badRequest('invalid HTTP scheme');
  if (url.username !== '' || url.password !== '') throw Errors.badRequest('a URL holds no user name or password');
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

/** The list that `name` asks for beside `q`. */
export function withRegistryParams(query: ListQuery, params: unknown): ListQuery {
  const name = textParam(params, 'name');
  if (name === undefined) return query;
  return { ...query, filters: new Map([...query.filters, ['name', { kind: 'fuzzy', value: name } as const]]) };
}
