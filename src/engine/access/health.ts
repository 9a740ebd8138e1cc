/** Whether what is saved for an app still works there: only then does "there is no such account" say anything. */
import type { Stores } from '../ports/unit-of-work.ts';

/** A status 404 or 410 proves something only if the same token and manifest had a good answer so lately. */
const HEALTHY_MS = 24 * 60 * 60_000;

export async function isHealthy(
  { health }: Pick<Stores, 'health'>,
  integrationId: string,
  now: Date,
): Promise<boolean> {
  const okAt = await health.okAt(integrationId);
  return okAt !== undefined && now.getTime() - okAt.getTime() < HEALTHY_MS;
}
