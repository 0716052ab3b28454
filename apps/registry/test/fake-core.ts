import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isInternalAuthorization, parseBasicCredentials } from '@haven/auth';

/** An event as core gets it. */
export interface ReceivedEvent {
  id: string;
  timestamp: string;
  action: string;
  target: { repository: string; digest?: string; tag?: string; mediaType?: string; size?: number; url?: string };
  actor: { name: string };
  request: Record<string, string>;
  count?: number;
  projectId?: number;
  artifactId?: number;
}

export interface ToldTransfers {
  kind: 'running' | 'started' | 'ended';
  source?: string;
  transfers: Record<string, unknown>[];
}
export interface ToldTraffic {
  counted: { id: string };
  items: { repository: string; bytesIn: number }[];
}

interface FakeCoreOptions {
  internalSecret: string;
  /** The token for a user who gave the right password. */
  tokenFor(username: string, scopes: readonly string[]): Promise<string>;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** The part of core that the registry talks to: it knows one password, and remembers what it is told. */
export class FakeCore {
  readonly events: ReceivedEvent[] = [];
  /** What it is told of transfers, and of bytes that came in. */
  readonly transfers: ToldTransfers[] = [];
  readonly traffic: ToldTraffic[] = [];
  readonly tokenRequests: { scopes: string[]; forwardedFor: string | undefined }[] = [];
  /** While set, every request is answered with this status. */
  failWith: number | null = null;
  /** How many requests were answered so. */
  failures = 0;
  private server: Server | null = null;

  constructor(private readonly options: FakeCoreOptions) {}

  async start(): Promise<string> {
    this.server = createServer((request, response) => void this.answer(request, response));
    await new Promise<void>((resolve) => this.server?.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await bodyOf(request);
    const url = new URL(request.url ?? '', 'http://core');
    if (this.failWith !== null) {
      this.failures += 1;
      response.writeHead(this.failWith).end();
    } else if (url.pathname === '/service/token') await this.giveToken(request, response, url.searchParams);
    else if (url.pathname === '/service/transfers') this.take(this.transfers, text, response);
    else if (url.pathname === '/service/traffic') this.take(this.traffic, text, response);
    else this.takeEvents(request, response, text);
  }

  private async giveToken(request: IncomingMessage, response: ServerResponse, query: URLSearchParams): Promise<void> {
    const scopes = query.getAll('scope');
    const forwardedFor = request.headers['x-forwarded-for'];
    this.tokenRequests.push({ scopes, forwardedFor: [forwardedFor].flat()[0] });
    const given = parseBasicCredentials(request.headers.authorization);
    if (given?.password !== 'right') {
      response.writeHead(401).end();
      return;
    }
    const token = await this.options.tokenFor(given.username, scopes);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ token }));
  }

  private take(list: unknown[], text: string, response: ServerResponse): void {
    list.push(JSON.parse(text));
    response.writeHead(200).end('{}');
  }

  private takeEvents(request: IncomingMessage, response: ServerResponse, text: string): void {
    const isKnown = isInternalAuthorization(request.headers.authorization, this.options.internalSecret);
    const isEnvelope = request.headers['content-type'] === 'application/vnd.docker.distribution.events.v1+json';
    if (isKnown && isEnvelope) this.events.push(...(JSON.parse(text) as { events: ReceivedEvent[] }).events);
    response.writeHead(isKnown && isEnvelope ? 200 : 401).end();
  }
}
