/** Metrics of one part, in a form that other processes can read, and the page of all parts. */
import { AggregatorRegistry, Registry } from 'prom-client';
import { type Figure, figure } from './figure.ts';

/** @returns a registry's metrics, in a form that another process can read */
export async function figuresOf(registry: Registry): Promise<readonly Figure[]> {
  const metrics: readonly unknown[] = await registry.getMetricsAsJSON();
  return metrics.map((metric) => figure.parse(metric));
}

/** @returns the text for Prometheus: each metric once, with the values of every part */
export async function pageOf(parts: readonly (readonly Figure[])[]): Promise<string> {
  const shown = parts.map((figures) =>
    figures.map((metric) => ({
      ...metric,
      values: metric.values.filter((each) => each.value !== null),
      // No two parts have a metric with the same labels, so nothing is really added.
      aggregator: 'sum',
    })),
  );
  return AggregatorRegistry.aggregate(shown).metrics();
}

export const FIGURES_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;
