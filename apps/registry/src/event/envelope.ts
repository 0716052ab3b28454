/** One event of distribution's notification envelope. Fields beyond `source` are Haven's own. */
export interface RegistryEvent {
  /** A second delivery has the same. */
  id: string;
  /** RFC 3339. */
  timestamp: string;
  action: 'push' | 'pull' | 'delete' | 'refuse';
  target: EventTarget;
  request: { id: string; addr: string; host: string; method: string; useragent: string };
  actor: { name: string };
  source: { addr: string; instanceID: string };
  projectId: number;
  repositoryId: number;
  artifactId?: number;
  /** How many equal pulls this stands for; `timestamp` is that of the last. */
  count?: number;
  /** Why a push was refused. */
  reason?: string;
  /** Tags that went with a deleted artifact. */
  tags?: readonly string[];
  /** Ids of the platforms that a replicated change has come through. */
  origin?: readonly string[];
  /** The trace of the request that made the change, as the W3C writes it. */
  traceparent?: string;
}

export interface EventTarget {
  repository: string;
  /** Absent where nothing was recorded. */
  digest?: string;
  url?: string;
  mediaType?: string;
  /** Of the manifest, in bytes. */
  size?: number;
  tag?: string;
}

/** A user agent says as much as it likes; the envelope carries this much of it. */
const maxUserAgentLength = 256;
export const shortUserAgent = (userAgent: string | undefined): string =>
  (userAgent ?? '').slice(0, maxUserAgentLength).toWellFormed();
