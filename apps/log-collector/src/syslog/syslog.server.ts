import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { LogStore } from '../store/log-store.js';
import { SyslogFraming } from './syslog-framing.js';
import type { SyslogIntake } from './syslog-intake.js';

export interface ListenPlace {
  host: string;
  port: number;
}

export interface SyslogServerOptions {
  udp: ListenPlace | null;
  tcp: ListenPlace | null;
  tls: (ListenPlace & { certificate: string; key: string }) | null;
  maxMessageBytes: number;
  onError(error: unknown, what: string): void;
}

/** What stands before the text of a message at most, to tell one that is too long from one that just fits. */
const headRoom = 4_096;
const mostConnections = 1_000;
/** A burst that comes while a batch is being written waits in the kernel. */
const udpBufferBytes = 8 * 1024 * 1024;

/** Takes syslog over UDP, TCP and TLS. Streams wait while the store is full; datagrams cannot, and are counted as lost. */
export class SyslogServer {
  private readonly sockets = new Set<Socket>();
  private readonly servers: Server[] = [];
  private udp: UdpSocket | null = null;
  /** Since the start. */
  readonly counts = { datagramsDropped: 0 };

  constructor(
    private readonly store: Pick<LogStore, 'isFull' | 'room'>,
    private readonly intake: SyslogIntake,
    private readonly options: SyslogServerOptions,
  ) {}

  get connections(): number {
    return this.sockets.size;
  }

  /** Where it listens; for tests, which ask for any port. */
  get ports(): { udp: number | null; streams: number[] } {
    const streams = this.servers.map((server) => {
      const address = server.address();
      return address !== null && typeof address === 'object' ? address.port : 0;
    });
    return { udp: this.udp?.address().port ?? null, streams };
  }

  async listen(): Promise<void> {
    const { udp, tcp, tls } = this.options;
    if (udp !== null) await this.listenUdp(udp);
    if (tcp !== null) await this.listenStream(createServer(), tcp, 'connection');
    if (tls !== null) {
      const server = createTlsServer({ cert: tls.certificate, key: tls.key, handshakeTimeout: 10_000 });
      await this.listenStream(server, tls, 'secureConnection');
    }
  }

  /** Stops listening and ends connections; what they have brought is taken. */
  async close(): Promise<void> {
    this.udp?.close();
    const closed = this.servers.map((server) => once(server, 'close'));
    for (const server of this.servers) server.close();
    for (const socket of this.sockets) socket.destroy();
    await Promise.all(closed);
  }

  private async listenUdp({ host, port }: ListenPlace): Promise<void> {
    const socket = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4', recvBufferSize: udpBufferBytes });
    socket.on('message', (datagram, { address }) => {
      if (this.store.isFull) this.counts.datagramsDropped += 1;
      else this.intake.take(datagram, address);
    });
    socket.bind({ address: host, port, exclusive: true });
    await once(socket, 'listening');
    socket.on('error', (error) => {
      this.options.onError(error, 'a datagram could not be read');
    });
    this.udp = socket;
  }

  private async listenStream(server: Server, { host, port }: ListenPlace, event: string): Promise<void> {
    server.maxConnections = mostConnections;
    server.on(event, (socket: Socket) => {
      this.take(socket);
    });
    // A handshake that fails is the client's affair.
    server.on('tlsClientError', () => undefined);
    server.listen({ host, port, exclusive: true });
    await once(server, 'listening');
    server.on('error', (error) => {
      this.options.onError(error, 'a connection could not be accepted');
    });
    this.servers.push(server);
  }

  private take(socket: Socket): void {
    const sender = socket.remoteAddress ?? '';
    const framing = new SyslogFraming(this.options.maxMessageBytes + headRoom, (frame) => {
      this.intake.take(frame, sender);
    });
    this.sockets.add(socket);
    socket.setKeepAlive(true, 60_000);
    socket.on('data', (chunk: Buffer) => {
      framing.push(chunk);
      if (!this.store.isFull) return;
      socket.pause();
      void this.store.room().then(() => socket.resume());
    });
    // A sender that goes away has said all it has to say; syslog has no answer.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      framing.end();
      this.sockets.delete(socket);
    });
  }
}
