/** What is known of a span, under OpenTelemetry's names; never anything secret, never free text of a user. */
export type SpanAttributes = Readonly<Record<string, string | number>>;

/** A request that came in, as far as its span is made of it. */
export interface IncomingRequest {
  id: string;
  method: string;
  traceparent: string | readonly string[] | undefined;
}

/** The span of a request that is being answered. */
export interface RequestSpan {
  /** What the request turns out to be: one of few names, not its path. */
  name: string;
  /** Runs a step of the answer, so that what it does belongs to the request. */
  run(step: () => void): void;
  end(status: number): void;
}

/** What a program does with spans while tracing is on. */
export interface Tracing {
  startRequest(request: IncomingRequest): RequestSpan;
  /** A step of the span that is open; nothing of its own where none is. */
  step<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** Goes on with a trace that came by another way than HTTP, or begins one. */
  resume<T>(
    traceparent: string | undefined,
    name: string,
    attributes: SpanAttributes,
    work: () => Promise<T>,
  ): Promise<T>;
  /** Where a trace stands, as `traceparent` of the W3C. */
  traceparent(): string | undefined;
  /** Fields that a log line has while a recorded span is open. */
  logFields(): object;
  /** Hands over what is recorded. */
  close(): Promise<void>;
}

export interface TracingConfig {
  /** Base URL of a receiver of OTLP over HTTP; null for no tracing. */
  endpoint: string | null;
  headers: Readonly<Record<string, string>>;
  /** Share of the traces that is recorded, from 0 to 1. */
  ratio: number;
}

/** Null while tracing is off: then nothing of OpenTelemetry is loaded, and nothing is done for it. */
let tracing: Tracing | null = null;

/** For whoever does more than one thing where tracing is on. */
export const activeTracing = (): Tracing | null => tracing;

/** Where spans go from now on. */
export function setTracing(active: Tracing | null): void {
  tracing = active;
}

/** Runs a step of what is being done as a span of its own. */
export const traced = <T>(name: string, work: () => Promise<T>): Promise<T> =>
  tracing === null ? work() : tracing.step(name, work);

/** Runs what was started elsewhere, as part of the trace that it was started in. */
export const resumed = <T>(
  traceparent: string | undefined,
  name: string,
  attributes: SpanAttributes,
  work: () => Promise<T>,
): Promise<T> => (tracing === null ? work() : tracing.resume(traceparent, name, attributes, work));

/** What to keep with something that others will do later: empty, or where the trace stands. */
export function traceCarrier(): { traceparent?: string } {
  const traceparent = tracing?.traceparent();
  return traceparent === undefined ? {} : { traceparent };
}

/** What {@link traceCarrier} has put there, if anything. */
export function carriedTrace(carrier: unknown): string | undefined {
  const traceparent = (carrier as { traceparent?: unknown } | null)?.traceparent;
  return typeof traceparent === 'string' ? traceparent : undefined;
}
