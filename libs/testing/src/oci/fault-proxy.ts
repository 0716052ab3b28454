import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What goes wrong with one request. Bytes are those of its body, or of the answer's. */
export type Fault =
  | { status: number; headers?: Record<string, string>; body?: string }
  | { cutRequestAfter: number }
  | { cutAnswerAfter: number }
  /** Ends in good order, but early. */
  | { shortenAnswerTo: number }
  /** Another byte in place of the first one. */
  | { garble: true }
  /** The registry does as it is asked, and nobody hears of it. */
  | { loseAnswer: true };

/** A request that came by. */
export interface Passed {
  method: string;
  /** With its query. */
  path: string;
  headers: IncomingMessage['headers'];
  /** Of its body, as many as came. */
  sentBytes: number;
  /** Of its answer, as many as went. */
  answeredBytes: number;
  /** 0 while there is no answer. */
  status: number;
}

type Script = (passed: Passed) => Fault | undefined;

/** Stands before a registry, counts, and lets go wrong what a test wants to go wrong. */
export class FaultProxy {
  readonly passed: Passed[] = [];
  script: Script = () => undefined;

  private constructor(
    private readonly server: Server,
    private readonly target: string,
    readonly url: string,
  ) {}

  static async start(target: string): Promise<FaultProxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const proxy = new FaultProxy(server, target, url);
    server.on('request', (incoming, outgoing) => {
      proxy.handle(incoming, outgoing);
    });
    return proxy;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  /** Forgets what came by, and lets everything pass. */
  reset(): void {
    this.passed.length = 0;
    this.script = () => undefined;
  }

  /** How many came by: of a method, with a path that fits. */
  count(method: string, path = /./): number {
    return this.passed.filter((one) => one.method === method && path.test(one.path)).length;
  }

  /** Bytes of the bodies of requests, or of answers. */
  bytes(of: 'sentBytes' | 'answeredBytes', path = /./): number {
    return this.passed.filter((one) => path.test(one.path)).reduce((sum, one) => sum + one[of], 0);
  }

  /** Lets the first requests that fit go wrong, one after the other, each in its way. */
  fail(method: string, path: RegExp, ...faults: Fault[]): void {
    const left = [...faults];
    const before = this.script;
    this.script = (passed) =>
      before(passed) ?? (passed.method === method && path.test(passed.path) ? left.shift() : undefined);
  }

  private handle(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { method = '', url: path = '', headers } = incoming;
    const passed: Passed = { method, path, headers, sentBytes: 0, answeredBytes: 0, status: 0 };
    this.passed.push(passed);
    const fault = this.script(passed);
    if (fault !== undefined && 'status' in fault) {
      incoming.resume();
      passed.status = fault.status;
      outgoing.writeHead(fault.status, fault.headers).end(fault.body);
      return;
    }
    const onward = request(`${this.target}${path}`, { method, headers, agent: false }, (answer) => {
      this.answer(answer, outgoing, passed, fault);
    });
    onward.on('error', () => incoming.destroy());
    incoming.on('error', () => onward.destroy());
    const mostBytes = fault !== undefined && 'cutRequestAfter' in fault ? fault.cutRequestAfter : Infinity;
    incoming.on('data', (piece: Buffer) => {
      const taken = piece.subarray(0, mostBytes - passed.sentBytes);
      passed.sentBytes += taken.length;
      if (!onward.write(taken)) {
        incoming.pause();
        onward.once('drain', () => incoming.resume());
      }
      if (passed.sentBytes >= mostBytes) {
        incoming.destroy();
        // What was taken reaches the registry before the connection ends.
        onward.write('', () => onward.destroy());
      }
    });
    incoming.on('end', () => onward.end());
  }

  private answer(
    answer: IncomingMessage,
    outgoing: ServerResponse,
    passed: Passed,
    fault: Exclude<Fault, { status: number }> | undefined,
  ): void {
    passed.status = answer.statusCode ?? 0;
    if (fault !== undefined && 'loseAnswer' in fault) {
      answer.resume().on('end', () => outgoing.destroy());
      return;
    }
    const cut = fault !== undefined && 'cutAnswerAfter' in fault ? fault.cutAnswerAfter : Infinity;
    const end = fault !== undefined && 'shortenAnswerTo' in fault ? fault.shortenAnswerTo : Infinity;
    const { 'content-length': length, ...headers } = answer.headers;
    outgoing.writeHead(passed.status, {
      ...headers,
      ...(end === Infinity && length !== undefined ? { 'content-length': length } : {}),
    });
    answer.on('error', () => outgoing.destroy());
    outgoing.on('close', () => answer.destroy());
    answer.on('data', (piece: Buffer) => {
      const taken = Buffer.from(piece.subarray(0, Math.min(cut, end) - passed.answeredBytes));
      if (fault !== undefined && 'garble' in fault && passed.answeredBytes === 0) taken[0] = (taken[0] ?? 0) ^ 1;
      passed.answeredBytes += taken.length;
      const isTaken = outgoing.write(taken, () => {
        if (passed.answeredBytes >= cut) outgoing.destroy();
      });
      if (!isTaken) {
        answer.pause();
        outgoing.once('drain', () => answer.resume());
      }
      if (passed.answeredBytes >= end) outgoing.end();
    });
    answer.on('end', () => outgoing.end());
  }
}
