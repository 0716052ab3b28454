import { badRequest } from '@haven/http';
import { z } from 'zod';

/** Exactly one key with its value. */
export const metadataBody = z
  .record(z.string(), z.string())
  .nullish()
  .transform((body) => body ?? {})
  .refine((body) => Object.keys(body).length === 1, badRequest('only one key with its value is taken at a time'));
