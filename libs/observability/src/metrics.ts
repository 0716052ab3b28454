import { collectDefaultMetrics, Counter, Gauge, Registry, type Histogram } from 'prom-client';
import type { Durations, Tally } from './tally.js';

export type { Counter };

/** A figure with the values of its labels. */
export type Sample<Label extends string> = [labels: Readonly<Record<Label, string>>, value: number];

type Labels = Readonly<Record<string, string>>;

/** Those that Harbor tells. */
const quantiles = [0.5, 0.9, 0.99];

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

  /** Histograms of what is tallied elsewhere. */
  histograms(name: string, help: string, read: () => Iterable<[Labels, Tally]>): void {
    this.add(name, help, 'histogram', function* () {
      for (const [labels, tally] of read()) {
        let count = 0;
        for (const [place, bucket] of tally.buckets.entries()) {
          count += bucket;
          const le = tally.bounds[place] ?? '+Inf';
          yield { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count };
        }
        yield* sumAndCount(name, labels, tally);
      }
    });
  }

  /** Summaries of what is tallied elsewhere; quantiles are of the last ones of each. */
  summaries(name: string, help: string, read: () => Iterable<[Labels, Durations]>): void {
    this.add(name, help, 'summary', function* () {
      for (const [labels, durations] of read()) {
        const values = durations.count === 0 ? [] : durations.quantiles(quantiles);
        for (const [place, value] of values.entries()) {
          yield { labels: { quantile: quantiles[place] ?? 0, ...labels }, value };
        }
        yield* sumAndCount(name, labels, durations);
      }
    });
  }

  /** All of it, in Prometheus' text format. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  /** prom-client prints whatever has a name and samples to give, and has no metric of its own that only gives them. */
  private add(name: string, help: string, type: 'histogram' | 'summary', read: () => Iterable<RawSample>): void {
    const get = () => Promise.resolve({ name, help, type, aggregator: 'sum', values: [...read()] });
    this.registry.registerMetric({ name, help, type, get } as unknown as Histogram);
  }
}

interface RawSample {
  /** Where it is another one than that of the whole. */
  metricName?: string;
  labels: Readonly<Record<string, string | number>>;
  value: number;
}

function* sumAndCount(name: string, labels: Labels, { sum, count }: Tally): Generator<RawSample> {
  yield { metricName: `${name}_sum`, labels, value: sum };
  yield { metricName: `${name}_count`, labels, value: count };
}
