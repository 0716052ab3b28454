import { createHash, createHmac } from 'node:crypto';

export interface AwsKeys {
  accessKey: string;
  accessSecret: string;
  region: string;
  service: string;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: Buffer | string, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/**
 * Headers of a signed `POST /` without a query: those that are given, the time and the signature.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signPost(
  { accessKey, accessSecret, region, service }: AwsKeys,
  host: string,
  given: Readonly<Record<string, string>>,
  body: string,
  now: Date,
): Record<string, string> {
  const time = now.toISOString().replace(/[-:]|\.\d{3}/g, '');
  const day = time.slice(0, 8);
  const headers: Record<string, string> = { ...given, host, 'x-amz-date': time };
  const names = Object.keys(headers).sort();
  const canonical = [
    ...['POST', '/', ''],
    ...names.map((name) => `${name}:${(headers[name] ?? '').trim()}`),
    ...['', names.join(';'), sha256(body)],
  ].join('\n');
  const scope = `${day}/${region}/${service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n');
  const key = [day, region, service, 'aws4_request'].reduce<Buffer | string>(hmac, `AWS4${accessSecret}`);
  const signature = hmac(key, toSign).toString('hex');
  return {
    ...given,
    'x-amz-date': time,
    authorization: `AWS4-HMAC-SHA256 Credential=${accessKey}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
  };
}
