/** Metrics whose values are kept elsewhere and asked for at each scrape. */
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Service } from '../service.ts';
import type { Observed } from './observed.ts';
import type { PipelineRecorder } from './pipeline-recorder.ts';
import { PresentedHistogram, type Series } from './presented-histogram.ts';

export interface Sample {
  labels: Record<string, string>;
  value: number;
}

/** What of a pipeline a metric shows; each of its labels is one of the pipeline's own. */
type OfPipeline<T> = (recorder: PipelineRecorder, service: Service) => T[];

export class Presenter {
  readonly #registry: Registry;
  readonly #observed: Pick<Observed, 'repository' | 'recorders'>;

  constructor(registry: Registry, observed: Pick<Observed, 'repository' | 'recorders'>) {
    this.#registry = registry;
    this.#observed = observed;
  }

  /** A gauge of the server as a whole. */
  serverGauge(name: string, help: string, labelNames: readonly string[], samples: () => Sample[]): void {
    void new Gauge({
      name: `millrace_${name}`,
      help,
      labelNames,
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const { labels, value } of samples()) this.set(labels, value);
      },
    });
  }

  gauge(name: string, help: string, own: readonly string[], samples: OfPipeline<Sample>): void {
    const labelNames = ['pipeline', 'version', ...own];
    this.serverGauge(name, help, labelNames, () => this.#ofAll(samples));
  }

  /** A counter of the server as a whole. */
  serverCounter(name: string, help: string, labelNames: readonly string[], samples: () => Sample[]): void {
    void new Counter({
      name: `millrace_${name}`,
      help,
      labelNames,
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const { labels, value } of samples()) this.inc(labels, value);
      },
    });
  }

  counter(name: string, help: string, own: readonly string[], samples: OfPipeline<Sample>): void {
    const labelNames = ['pipeline', 'version', ...own];
    this.serverCounter(name, help, labelNames, () => this.#ofAll(samples));
  }

  histogram(
    name: string,
    help: string,
    scale: { bounds: readonly number[]; per: number },
    series: OfPipeline<Series>,
  ): void {
    void new PresentedHistogram({
      name: `millrace_${name}`,
      help,
      registry: this.#registry,
      ...scale,
      series: () => this.#ofAll(series),
    });
  }

  #ofAll<T extends { labels: Record<string, string> }>(each: OfPipeline<T>): T[] {
    const { repository, recorders } = this.#observed;
    return repository.all().flatMap(service => {
      const own = { pipeline: service.name, version: service.version };
      return each(recorders.ofService(service), service).map(one => ({
        ...one,
        labels: { ...own, ...one.labels },
      }));
    });
  }
}
