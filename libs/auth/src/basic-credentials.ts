export interface BasicCredentials {
  username: string;
  password: string;
}

/** Reads an `Authorization: Basic` header (RFC 7617). Null when it is another scheme or malformed. */
export function parseBasicCredentials(header: string | undefined): BasicCredentials | null {
  const match = /^basic +([A-Za-z0-9+/_=-]+)$/i.exec(header ?? '');
  if (match?.[1] === undefined) return null;
  const text = Buffer.from(match[1], 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? null : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}
