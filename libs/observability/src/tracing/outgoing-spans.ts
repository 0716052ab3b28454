import { subscribe } from 'node:diagnostics_channel';
import { SpanKind, SpanStatusCode, trace, type Span, type Tracer } from '@opentelemetry/api';
import { formatTraceparent } from './trace-parent.js';

/** A request as undici shows it on its diagnostics channels. */
interface OutgoingRequest {
  origin: string | URL;
  method: string;
  addHeader(name: string, value: string): void;
}
interface OutgoingMessage {
  request: OutgoingRequest;
  response?: { statusCode: number };
  error?: Error;
}

/**
 * Makes spans of what is asked of others while a span is open, and tells them where the trace stands. All clients of the
 * platform stand on undici, which says on channels of its own when a request begins and ends.
 */
export function traceOutgoing(tracer: Tracer): void {
  const open = new WeakMap<object, Span>();
  const end = (request: object): void => {
    open.get(request)?.end();
    open.delete(request);
  };

  on('create', ({ request }) => {
    if (trace.getActiveSpan() === undefined) return;
    const { hostname, port } = new URL(request.origin);
    const span = tracer.startSpan(request.method, {
      kind: SpanKind.CLIENT,
      attributes: { 'http.request.method': request.method, 'server.address': hostname, 'server.port': Number(port) },
    });
    open.set(request, span);
    request.addHeader('traceparent', formatTraceparent(span.spanContext()));
  });
  on('headers', ({ request, response }) => {
    open.get(request)?.setAttribute('http.response.status_code', response?.statusCode ?? 0);
  });
  on('trailers', ({ request }) => {
    end(request);
  });
  on('error', ({ request, error }) => {
    const span = open.get(request);
    span?.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', error?.name ?? '');
    end(request);
  });
}

function on(moment: 'create' | 'headers' | 'trailers' | 'error', take: (message: OutgoingMessage) => void): void {
  subscribe(`undici:request:${moment}`, (message) => {
    take(message as OutgoingMessage);
  });
}
