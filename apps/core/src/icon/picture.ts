/** How pictures of these kinds begin. */
const beginnings = new Map<string, Buffer>([
  ['image/png', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')],
  ['image/jpeg', Buffer.from('\xff\xd8\xff', 'latin1')],
  ['image/gif', Buffer.from('GIF8', 'latin1')],
]);

/** What kind of picture the bytes are, by themselves: no kind that could hold a script. Null for any other. */
export function pictureType(bytes: Buffer): string | null {
  for (const [type, beginning] of beginnings) {
    if (bytes.subarray(0, beginning.length).equals(beginning)) return type;
  }
  return null;
}
