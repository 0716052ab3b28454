import {
  context,
  diag,
  DiagLogLevel,
  SpanKind,
  SpanStatusCode,
  trace,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  RandomIdGenerator,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type IdGenerator,
} from '@opentelemetry/sdk-trace';
import { createLogger } from '../logger.js';
import { traceOutgoing } from './outgoing-spans.js';
import { formatTraceparent, parseTraceparent, traceIdOf } from './trace-parent.js';
import type { IncomingRequest, RequestSpan, SpanAttributes, Tracing, TracingConfig } from './tracing.js';

/** Spans that wait to be sent, about 2 MB; more are left out while the receiver is away. */
const mostWaiting = 2_048;
const sendEveryMs = 2_000;
const sendTimeoutMs = 5_000;
const closeTimeoutMs = 3_000;
const tellEveryMs = 60_000;

/** Records spans with OpenTelemetry's SDK, and sends them in the background. */
export function openTelemetry(service: string, config: TracingConfig & { endpoint: string }): Tracing {
  tellTroubles(service);
  const ids = new RequestIdGenerator();
  const exporter = new OTLPTraceExporter({
    url: `${config.endpoint}/v1/traces`,
    headers: { ...config.headers },
    timeoutMillis: sendTimeoutMs,
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': service, 'service.namespace': 'haven' }),
    // By the id alone: all services come to the same decision, and no client makes us record more.
    sampler: new TraceIdRatioBasedSampler(config.ratio),
    idGenerator: ids,
    spanProcessors: [
      new BatchSpanProcessor({ exporter, maxQueueSize: mostWaiting, scheduledDelayMillis: sendEveryMs }),
    ],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const tracer = provider.getTracer('haven');
  traceOutgoing(tracer);
  return new OpenTelemetryTracing(tracer, ids, () => provider.shutdown());
}

/** Trace ids are those of requests where these have any that will do. */
class RequestIdGenerator implements IdGenerator {
  /** Taken by the next trace. */
  next: string | null = null;
  private readonly random = new RandomIdGenerator();

  generateTraceId(): string {
    const id = this.next ?? this.random.generateTraceId();
    this.next = null;
    return id;
  }

  generateSpanId(): string {
    return this.random.generateSpanId();
  }
}

class OpenTelemetryTracing implements Tracing {
  constructor(
    private readonly tracer: Tracer,
    private readonly ids: RequestIdGenerator,
    private readonly shutDown: () => Promise<void>,
  ) {}

  startRequest({ id, method, traceparent }: IncomingRequest): RequestSpan {
    const attributes = { 'http.request.method': method, 'haven.request_id': id };
    const span = this.begin(traceparent, method, SpanKind.SERVER, attributes, traceIdOf(id));
    const here = trace.setSpan(context.active(), span);
    return {
      name: method,
      run: (step) => {
        context.with(here, step);
      },
      end(status) {
        span.updateName(this.name).setAttribute('http.response.status_code', status);
        if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      },
    };
  }

  step<T>(name: string, work: () => Promise<T>): Promise<T> {
    return trace.getActiveSpan() === undefined ? work() : during(this.tracer.startSpan(name), work);
  }

  resume<T>(
    traceparent: string | undefined,
    name: string,
    attributes: SpanAttributes,
    work: () => Promise<T>,
  ): Promise<T> {
    return during(this.begin(traceparent, name, SpanKind.CONSUMER, attributes, null), work);
  }

  traceparent(): string | undefined {
    const span = trace.getActiveSpan();
    return span === undefined ? undefined : formatTraceparent(span.spanContext());
  }

  logFields(): object {
    const span = trace.getActiveSpan();
    return span?.isRecording() === true ? { traceId: span.spanContext().traceId } : {};
  }

  async close(): Promise<void> {
    const late = new Promise<void>((resolve) => setTimeout(resolve, closeTimeoutMs).unref());
    await Promise.race([this.shutDown().catch(() => undefined), late]);
    context.disable();
    diag.disable();
  }

  /** A span under a parent elsewhere, or the first of a trace. */
  private begin(
    traceparent: IncomingRequest['traceparent'],
    name: string,
    kind: SpanKind,
    attributes: SpanAttributes,
    traceId: string | null,
  ): Span {
    const parent = parseTraceparent(traceparent);
    if (parent !== null) {
      return this.tracer.startSpan(name, { kind, attributes }, trace.setSpanContext(context.active(), parent));
    }
    this.ids.next = traceId;
    return this.tracer.startSpan(name, { kind, attributes, root: true });
  }
}

/** Of a failure only its kind is told: messages may name what is nobody else's business. */
async function during<T>(span: Span, work: () => Promise<T>): Promise<T> {
  try {
    return await context.with(trace.setSpan(context.active(), span), work);
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR });
    span.setAttribute('error.type', Error.isError(error) ? error.name : typeof error);
    throw error;
  } finally {
    span.end();
  }
}

/** Says that spans are not taken, once a minute at most; no request waits for that. */
function tellTroubles(service: string): void {
  const log = createLogger(service, 'warn');
  let toldAt = -Infinity;
  const tell = (message: string): void => {
    if (performance.now() - toldAt < tellEveryMs) return;
    toldAt = performance.now();
    log.warn({ reason: message.slice(0, 200) }, 'spans not delivered');
  };
  const quiet = (): void => undefined;
  diag.setLogger(
    { error: tell, warn: tell, info: quiet, debug: quiet, verbose: quiet },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
}
