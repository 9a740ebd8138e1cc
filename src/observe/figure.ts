/** One metric, as processes send it to each other. It stands alone, so that who passes it on loads no metrics library. */
import { z } from 'zod';

const labels = z.record(z.string(), z.union([z.string(), z.number()]));

/** An event loop without a measurement has a lag of NaN, which becomes null between processes. */
const value = z
  .unknown()
  .transform((given) => (typeof given === 'number' && Number.isFinite(given) ? given : null));

/** One metric with its values, from prom-client. Null is no value. */
export const figure = z.object({
  name: z.string(),
  help: z.string(),
  type: z.string(),
  values: z.array(z.object({ labels, value, metricName: z.string().optional() })),
});
export type Figure = z.infer<typeof figure>;
