/** A part's figures on their way to the process that shows them, and the page of all parts. */
import { AggregatorRegistry, Registry } from 'prom-client';
import { z } from 'zod';

const labels = z.record(z.string(), z.union([z.string(), z.number()]));

/** Event loops that were not looked at yet have a lag of NaN, which becomes null on its way between processes. */
const value = z
  .unknown()
  .transform((given) => (typeof given === 'number' && Number.isFinite(given) ? given : null));

/** One metric with its values, as prom-client gives them; null is no value. */
export const figure = z.object({
  name: z.string(),
  help: z.string(),
  type: z.string(),
  values: z.array(z.object({ labels, value, metricName: z.string().optional() })),
});
export type Figure = z.infer<typeof figure>;

/** @returns the metrics of a registry, in words that another process understands */
export async function figuresOf(registry: Registry): Promise<readonly Figure[]> {
  const metrics: readonly unknown[] = await registry.getMetricsAsJSON();
  return metrics.map((metric) => figure.parse(metric));
}

/** @returns the text that Prometheus reads: each metric once, with the values of every part */
export async function pageOf(parts: readonly (readonly Figure[])[]): Promise<string> {
  const shown = parts.map((figures) =>
    figures.map((metric) => ({
      ...metric,
      values: metric.values.filter((each) => each.value !== null),
      // No two parts have a figure with the same labels, so nothing is added up.
      aggregator: 'sum',
    })),
  );
  return AggregatorRegistry.aggregate(shown).metrics();
}

export const FIGURES_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;
