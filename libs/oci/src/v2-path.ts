/** What a path below `/v2/` asks for. The texts are decoded but not yet checked against their grammars. */
export type V2Path =
  | { kind: 'base' }
  | { kind: 'catalog' }
  | { kind: 'tags'; name: string }
  | { kind: 'manifest'; name: string; reference: string }
  | { kind: 'blob'; name: string; digest: string }
  | { kind: 'uploads'; name: string }
  | { kind: 'upload'; name: string; id: string }
  | { kind: 'referrers'; name: string; digest: string };

const uploadsSuffix = '/blobs/uploads/';

// An empty segment, `.` or `..`, wherever it stands.
const badSegment = /(?:^|\/)\.{0,2}(?:\/|$)/;

/**
 * Reads the part of a request's path after `/v2/`, percent-encoded as it came and without the query.
 * Names hold slashes and may hold the keywords too (`library/manifests/x`), so the path is read from its end:
 * everything after a keyword is a single segment, which leaves one reading only. `null` when there is none.
 */
export function parseV2Path(rawPath: string): V2Path | null {
  if (rawPath === '') return { kind: 'base' };
  const path = rawPath.includes('%') ? decodeSegments(rawPath) : rawPath;
  if (path === null) return null;
  if (path === '_catalog') return { kind: 'catalog' };
  const trimmed = path.endsWith(uploadsSuffix) ? path.slice(0, -1) : path;
  return badSegment.test(trimmed) ? null : readFromEnd(trimmed);
}

function readFromEnd(path: string): V2Path | null {
  const lastSlash = path.lastIndexOf('/');
  const keywordSlash = path.lastIndexOf('/', lastSlash - 1);
  if (lastSlash === -1 || keywordSlash === -1) return null;
  const name = path.slice(0, keywordSlash);
  const last = path.slice(lastSlash + 1);
  switch (path.slice(keywordSlash + 1, lastSlash)) {
    case 'manifests':
      return { kind: 'manifest', name, reference: last };
    case 'blobs':
      return last === 'uploads' ? { kind: 'uploads', name } : { kind: 'blob', name, digest: last };
    case 'uploads':
      return name.endsWith('/blobs') ? { kind: 'upload', name: name.slice(0, -'/blobs'.length), id: last } : null;
    case 'tags':
      return last === 'list' ? { kind: 'tags', name } : null;
    case 'referrers':
      return { kind: 'referrers', name, digest: last };
    default:
      return null;
  }
}

/** Decodes each segment by itself; an escape that is malformed, or that would add a slash, spoils the whole path. */
function decodeSegments(rawPath: string): string | null {
  try {
    const segments = rawPath.split('/').map(decodeURIComponent);
    return segments.some((segment) => segment.includes('/')) ? null : segments.join('/');
  } catch {
    return null;
  }
}
