/** Whether an app's saved token and manifest still work. Only then does "there is no such account" count. */
import { DAY_MS } from '../../core/hours.ts';
import type { Stores } from '../ports/unit-of-work.ts';

/** A status 404 or 410 is a proof only if the same token and manifest had a good answer within this time. */
const HEALTHY_MS = DAY_MS;

export const isHealthy = async (
  { health }: Pick<Stores, 'health'>,
  integrationId: string,
  now: Date,
): Promise<boolean> => wasHealthy(await health.okAt(integrationId), now, now);

/**
 * @param okAt of the last good answer; undefined without one. A time in the future came from a clock that was ahead
 */
export const wasHealthy = (okAt: Date | undefined, at: Date, now: Date): boolean =>
  okAt !== undefined && okAt <= now && at.getTime() - okAt.getTime() < HEALTHY_MS;
