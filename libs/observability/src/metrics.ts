import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry, Summary } from 'prom-client';

export type { Counter };

/** A figure with the values of its labels. */
export type Sample<Label extends string> = [labels: Readonly<Record<Label, string>>, value: number];

/** Quantiles are of the last ten minutes, as Harbor's are. */
const quantiles = { percentiles: [0.5, 0.9, 0.99], maxAgeSeconds: 600, ageBuckets: 2 };

/**
 * What one process tells Prometheus. Its own metrics, and those of Node: memory, processor, open files, the delay of the
 * event loop.
 */
export class Metrics {
  private readonly registry = new Registry();
  readonly contentType = this.registry.contentType;

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  counter<Label extends string = never>(name: string, help: string, labelNames: readonly Label[] = []): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  histogram<Label extends string = never>(
    name: string,
    help: string,
    buckets: readonly number[],
    labelNames: readonly Label[] = [],
  ): Histogram<Label> {
    return new Histogram({ name, help, buckets: [...buckets], labelNames, registers: [this.registry] });
  }

  summary<Label extends string = never>(name: string, help: string, labelNames: readonly Label[] = []): Summary<Label> {
    return new Summary({ name, help, labelNames, ...quantiles, registers: [this.registry] });
  }

  /** A figure that is kept elsewhere, asked for when Prometheus comes. */
  gauge(name: string, help: string, read: () => number | Promise<number>): void {
    new Gauge({
      ...{ name, help, registers: [this.registry] },
      async collect() {
        this.set(await read());
      },
    });
  }

  /** Figures that are kept elsewhere; those of the same labels add up, and labels that are not among them are gone. */
  gauges<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    read: () => Iterable<Sample<Label>>,
  ): void {
    new Gauge<Label>({
      ...{ name, help, labelNames, registers: [this.registry] },
      collect() {
        this.reset();
        for (const [labels, value] of read()) this.inc(labels, value);
      },
    });
  }

  /** Counts that are kept elsewhere, and only ever grow. */
  counts<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    read: () => Iterable<Sample<Label>>,
  ): void {
    new Counter<Label>({
      ...{ name, help, labelNames, registers: [this.registry] },
      collect() {
        this.reset();
        for (const [labels, value] of read()) this.inc(labels, value);
      },
    });
  }

  /** All of it, in Prometheus' text format. */
  text(): Promise<string> {
    return this.registry.metrics();
  }
}
