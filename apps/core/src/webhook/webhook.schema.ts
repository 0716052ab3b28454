import { Errors } from '@haven/errors';
import { badRequest } from '@haven/http';
import { z } from 'zod';
import { payloadFormats, webhookEventTypes, type PayloadFormat } from './webhook-event.js';

const text = (longest: number) =>
  z
    .string()
    .nullish()
    .transform((value) => value ?? '')
    .refine((value) => value.length <= longest && !value.includes('\0'), badRequest(`at most ${longest} characters`));

/** Harbor's WebhookPolicy, as far as a caller can set it. */
export const webhookBody = z.object({
  name: text(256),
  description: text(65_536),
  targets: z
    .array(
      z.object({
        type: text(16),
        address: text(2_048),
        auth_header: text(4_096),
        skip_cert_verify: z
          .boolean()
          .nullish()
          .transform((value) => value ?? false),
        payload_format: text(32),
      }),
    )
    .max(20)
    .nullish(),
  event_types: z.array(z.string().max(64)).max(50).nullish(),
  enabled: z
    .boolean()
    .nullish()
    .transform((value) => value ?? false),
});
export type WebhookBody = z.infer<typeof webhookBody>;

/** Somebody who is told. */
export interface WebhookTarget {
  type: 'http' | 'slack';
  address: string;
  /** Sent as `Authorization`; in clear. */
  authHeader: string;
  skipsCertificate: boolean;
  /** Of http only. */
  format: PayloadFormat;
}

export interface WebhookWishes {
  name: string;
  description: string;
  targets: WebhookTarget[];
  eventTypes: string[];
  isEnabled: boolean;
}

/** Harbor's rules for a policy. @throws AppError BAD_REQUEST with Harbor's words */
export function requireWebhook(body: WebhookBody): WebhookWishes {
  const { name, description, enabled } = body;
  const eventTypes = [...new Set(body.event_types ?? [])];
  if (eventTypes.length === 0) throw Errors.badRequest('empty event type');
  const unknown = eventTypes.find((type) => !(webhookEventTypes as readonly string[]).includes(type));
  if (unknown !== undefined) throw Errors.badRequest(`unsupported event type ${unknown}`);
  const targets = (body.targets ?? []).map((target) => requireTarget(target, name));
  if (targets.length === 0) throw Errors.badRequest(`empty notification target with policy ${name}`);
  return { name, description, targets, eventTypes, isEnabled: enabled };
}

function requireTarget(target: NonNullable<WebhookBody['targets']>[number], policy: string): WebhookTarget {
  const { type, payload_format: format, auth_header: authHeader, skip_cert_verify: skipsCertificate } = target;
  const url = URL.parse(target.address.trim().replace(/\/+$/, ''));
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw Errors.badRequest(`invalid endpoint: ${target.address}`);
  }
  if (type !== 'http' && type !== 'slack') {
    throw Errors.badRequest(`unsupported target type ${type} with policy ${policy}`);
  }
  if (type === 'slack' && format !== '') throw Errors.badRequest('set payload format is not allowed for slack');
  if (/[\r\n]/.test(authHeader)) throw Errors.badRequest('the auth header has to be one line');
  // As Harbor does: neither a password nor a query is part of an address.
  const address = `${url.protocol}//${url.host}${url.pathname}`;
  return { type, address, authHeader, skipsCertificate, format: requireFormat(format) };
}

function requireFormat(format: string): PayloadFormat {
  const known = payloadFormats.find((candidate) => candidate === (format === '' ? 'Default' : format));
  if (known === undefined) throw Errors.badRequest(`unsupported payload format type: ${format}`);
  return known;
}
