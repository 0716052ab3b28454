import { getCACertificates } from 'node:tls';
import { LRUCache } from 'lru-cache';
import { Agent, request as send } from 'undici';
import type { Reach } from './address.js';
import { guardedConnector } from './guarded-connector.js';
import { redirected, toUrl, type Hop } from './hop.js';
import { OutboundError, toOutboundError } from './outbound.error.js';
import { OutboundResponse } from './outbound-response.js';

const defaults = { idleMs: 30_000, totalMs: 60_000, maxRedirects: 5 };
/** Ways to check certificates whose connections are kept open at once. */
const mostAgents = 32;

export interface OutboundOptions {
  reach: Reach;
  /** Authorities that are trusted beside those of the system, in PEM. */
  ca?: string;
}

export interface OutboundRequest {
  method?: string;
  headers?: Readonly<Record<string, string>>;
  body?: Hop['body'];
  /** Longest wait for the next bytes. */
  idleMs?: number;
  /** Longest time until the last byte of the answer; `Infinity` for what is as long as it is. */
  totalMs?: number;
  /** 0 hands a redirect back as it came. */
  maxRedirects?: number;
  signal?: AbortSignal;
  /** False takes any certificate. */
  verifyCertificate?: boolean;
  /** Authorities for this request, beside the others, in PEM. */
  ca?: string;
}

/** The one way out: every request to somebody else's server goes through here. */
export class OutboundClient {
  private readonly agents = new LRUCache<string, Agent>({
    max: mostAgents,
    // Requests under way end in peace.
    dispose: (agent) => void agent.close(),
  });

  constructor(private readonly options: OutboundOptions) {}

  /**
   * @param url http or https, without a password in it
   * @returns the answer, whatever its status, as soon as its headers are there; its body has to be read or dropped
   * @throws OutboundError
   */
  async request(url: string | URL, request: OutboundRequest = {}): Promise<OutboundResponse> {
    const { maxRedirects = defaults.maxRedirects, idleMs = defaults.idleMs } = request;
    const dispatcher = this.agentFor(request);
    const signal = deadline(request);
    let hop: Hop = {
      url: toUrl(url),
      method: request.method ?? 'GET',
      headers: request.headers ?? {},
      body: request.body ?? null,
    };
    for (let hops = 0; ; hops += 1) {
      const { origin } = hop.url;
      const { method, headers, body } = hop;
      const answer = await send(hop.url, {
        ...{ dispatcher, method, headers, body, signal },
        ...{ headersTimeout: idleMs, bodyTimeout: idleMs },
      }).catch((error: unknown) => {
        throw toOutboundError(error, origin, signal);
      });
      const response = new OutboundResponse(hop.url, answer, signal);
      const next = maxRedirects === 0 ? null : nextHop(hop, response);
      if (next === null) return response;
      response.drop();
      if (hops === maxRedirects) throw new OutboundError('redirect', origin);
      hop = next;
    }
  }

  /** Ends the connections that are kept open, once the requests on them are through. */
  async close(): Promise<void> {
    await Promise.all([...this.agents.values()].map((agent) => agent.close()));
  }

  /** Connections are shared among those who check certificates alike. */
  private agentFor({ verifyCertificate: verify = true, ca = '' }: OutboundRequest): Agent {
    const key = `${verify} ${ca}`;
    const known = this.agents.get(key);
    if (known !== undefined) return known;
    const trusted = [...getCACertificates('default'), this.options.ca ?? '', ca].filter((pem) => pem !== '');
    const agent = new Agent({ connect: guardedConnector(this.options.reach, { verify, ca: trusted }) });
    this.agents.set(key, agent);
    return agent;
  }
}

function nextHop(hop: Hop, response: OutboundResponse): Hop | null {
  try {
    return redirected(hop, response.status, response.header('location'));
  } catch (error) {
    response.drop();
    throw error;
  }
}

function deadline({ totalMs = defaults.totalMs, signal }: OutboundRequest): AbortSignal {
  const signals = [
    ...(signal === undefined ? [] : [signal]),
    ...(totalMs === Infinity ? [] : [AbortSignal.timeout(totalMs)]),
  ];
  return AbortSignal.any(signals);
}
