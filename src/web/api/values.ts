/** Values that several answers have. */
import { z } from 'zod';
import { MAX_HOURS } from '../../core/hours.ts';
import type { Actor } from '../../engine/people/directory.ts';
import type { Place } from '../../engine/ports/store.ts';
import { isDamagedActor } from '../../engine/work/damaged-actor.ts';
import { cut, named, type PageFound } from './endpoint.ts';

export const MAX_SEARCH = 100;
/** Ids are shorter. */
export const MAX_ID = 100;
export const MAX_REASON = 2000;

export const id = z.string();
export const idFilter = (what: string) => z.string().max(MAX_ID).optional().describe(what);
export const time = z.iso.datetime().describe('ISO 8601, UTC');
export const day = z.string().describe('ISO date: `2026-11-24`');

export const forWhom = z
  .string()
  .max(MAX_ID)
  .optional()
  .describe('Whom it is for. Left out: the owner of the token');
export const givenReason = z.string().trim().min(1).max(MAX_REASON);
export const wishedHours = z
  .number()
  .int()
  .min(1)
  .max(MAX_HOURS)
  .optional()
  .describe('For how long. Left out: no end date');

/** Where a page of a list by time ended. */
export const timePlace = z
  .tuple([z.number().int().min(0).max(8.64e15), z.string().max(MAX_ID)])
  .transform(([ms, last]): Place => ({ at: new Date(ms), id: last }));
export type TimeCursor = z.input<typeof timePlace>;

/** A page of a list by time, which was read with one row more than the page has. */
export function pageByTime<Row extends { readonly createdAt: Date; readonly id: string }, Item>(
  found: readonly Row[],
  limit: number,
  shown: (row: Row) => Item,
): PageFound<Item, TimeCursor> {
  const { rows, next } = cut(
    found,
    limit,
    ({ createdAt, id: last }): TimeCursor => [createdAt.getTime(), last],
  );
  return { items: rows.map(shown), next };
}

export const actorSchema = named(
  'Actor',
  z.object({
    kind: z
      .enum(['person', 'operator', 'system', 'unknown'])
      .describe(
        '`operator`: the command line. `system`: Latchkey. `unknown`: its record is damaged',
      ),
    personId: id.optional(),
    via: z.enum(['slack', 'teams', 'web', 'api']).optional(),
    tokenId: id.optional().describe('Of the token, where a program did it for the person'),
    user: z.string().optional().describe('The operating-system user of the command line'),
  }),
);

export function actorShown(actor: Actor): z.input<typeof actorSchema> {
  if (isDamagedActor(actor)) return { kind: 'unknown' };
  if (actor.kind !== 'person') return actor;
  const { kind, personId, via, tokenId } = actor;
  return { kind, personId, via: tokenId === undefined ? via : 'api', tokenId };
}

export const isoOf = (at: Date | undefined): string | undefined => at?.toISOString();
