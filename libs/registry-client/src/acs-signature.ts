import { createHash, createHmac } from 'node:crypto';

/** One call of an Alibaba Cloud API. */
export interface AcsCall {
  method: string;
  host: string;
  path: string;
  query: Readonly<Record<string, string>>;
  action: string;
  version: string;
  body: string;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const escaped = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);

/** Names and values in order, escaped; what the request's URL has to end with as well. */
export const acsQuery = (query: AcsCall['query']): string =>
  Object.keys(query)
    .sort()
    .map((name) => `${escaped(name)}=${escaped(query[name] ?? '')}`)
    .join('&');

/**
 * Headers of a signed call.
 * @see https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature
 */
export function signAcs(
  { accessKey, accessSecret }: { accessKey: string; accessSecret: string },
  { method, host, path, query, action, version, body }: AcsCall,
  nonce: string,
  now: Date,
): Record<string, string> {
  const headers: Record<string, string> = {
    'x-acs-action': action,
    'x-acs-content-sha256': sha256(body),
    'x-acs-date': now.toISOString().replace(/\.\d{3}/, ''),
    'x-acs-signature-nonce': nonce,
    'x-acs-version': version,
  };
  const all: Record<string, string> = { host, ...headers };
  const names = Object.keys(all).sort();
  const canonical = [
    ...[method, path, acsQuery(query)],
    ...names.map((name) => `${name}:${all[name] ?? ''}`),
    ...['', names.join(';'), sha256(body)],
  ].join('\n');
  const signature = createHmac('sha256', accessSecret)
    .update(`ACS3-HMAC-SHA256\n${sha256(canonical)}`)
    .digest('hex');
  const authorization = `ACS3-HMAC-SHA256 Credential=${accessKey},SignedHeaders=${names.join(';')},Signature=${signature}`;
  return { ...headers, authorization };
}
