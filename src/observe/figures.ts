/** A part's figures on their way to the process that shows them, and the page of all parts. */
import { type Metric, Registry } from 'prom-client';
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
  const byName = new Map<string, Figure>();
  for (const metric of parts.flat()) {
    const before = byName.get(metric.name)?.values ?? [];
    byName.set(metric.name, { ...metric, values: [...before, ...metric.values] });
  }
  const page = new Registry();
  for (const metric of byName.values()) {
    const shown = {
      ...metric,
      values: metric.values.filter((each) => each.value !== null),
    };
    // All that a registry asks of a metric is its name and its values; so does prom-client's own aggregation.
    page.registerMetric({ ...shown, get: async () => shown } as unknown as Metric);
  }
  return page.metrics();
}

export const FIGURES_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;
