import type { OutboundResponse } from '@haven/outbound';
import type { z } from 'zod';
import { RegistryError, toRegistryError } from './registry.error.js';

const limitBytes = 16_777_216;

/** What an answer says, in the form that is expected. @throws RegistryError malformed, also when it breaks off */
export async function readJson<T>(response: OutboundResponse, schema: z.ZodType<T>): Promise<T> {
  const { origin } = response.url;
  const document = await response.json(limitBytes).catch((error: unknown) => {
    throw toRegistryError(error, origin);
  });
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  throw new RegistryError('malformed', `${origin} answered with something else than expected`, { cause: parsed.error });
}
