import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** Takes everything, as a registry would; once it is angry, it refuses everything and repeats what it was told. */
export class EchoServer {
  isAngry = false;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<EchoServer> {
    const server = createServer();
    const echo = new EchoServer(server);
    server.on('request', (request, response) => {
      void echo.answer(request).then(([status, body]) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(body);
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return echo;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage): Promise<[number, string]> {
    const body = await text(request);
    if (!this.isAngry) return [200, '{}'];
    const message = `who sends ${request.headers.authorization ?? 'nothing'} and ${body}?`;
    return [403, JSON.stringify({ errors: [{ code: 'DENIED', message, detail: request.headers }] })];
  }
}
