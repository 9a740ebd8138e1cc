/** Whether what is saved for an app still works there: only then does "there is no such account" say anything. */
import type { Stores } from '../ports/unit-of-work.ts';

/** A status 404 or 410 proves something only if the same token and manifest had a good answer so lately. */
const HEALTHY_MS = 24 * 60 * 60_000;

export const isHealthy = async (
  { health }: Pick<Stores, 'health'>,
  integrationId: string,
  now: Date,
): Promise<boolean> => wasHealthy(await health.okAt(integrationId), now, now);

/**
 * @param okAt of the last good answer; left out where there never was one. One of the future came from a clock that was ahead
 */
export const wasHealthy = (okAt: Date | undefined, at: Date, now: Date): boolean =>
  okAt !== undefined && okAt <= now && at.getTime() - okAt.getTime() < HEALTHY_MS;
