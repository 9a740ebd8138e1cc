/** `/audit`: who did what, when and from where. */
import { z } from 'zod';
import type { AuditEntry } from '../../engine/people/directory.ts';
import { maySeeSetUp } from '../../engine/people/permission.ts';
import { cut, type Endpoint, listing, named } from './endpoint.ts';
import {
  actorSchema,
  actorShown,
  id,
  idFilter,
  type TimeCursor,
  time,
  timePlace,
} from './values.ts';

const entry = named(
  'AuditEntry',
  z.object({
    id,
    at: time,
    what: z.string().describe('`grant.started`, `request.denied`, …'),
    actor: actorSchema,
    personId: id.optional().describe('Whom it is about'),
    integrationId: id.optional(),
    runId: id.optional(),
    detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  }),
);

const shown = ({ at, actor, detail, ...of }: AuditEntry): z.input<typeof entry> => ({
  ...of,
  at: at.toISOString(),
  actor: actorShown(actor),
  detail: detail && { ...detail },
});

export const audit: readonly Endpoint[] = [
  listing({
    path: '/audit',
    tag: 'Audit',
    scope: 'audit',
    summary: 'The audit log, the newest first',
    description: 'Admins and auditors see it; for everyone else it is not there.',
    name: 'AuditPage',
    item: entry,
    filters: {
      person: idFilter('About this person, or done by them'),
      integration: idFilter('About this integration'),
      what: z
        .string()
        .max(60)
        .regex(/^[a-z.-]*$/)
        .optional()
        .describe('The beginning of what was done: `grant`, `request.`'),
      from: z.iso.datetime().optional().describe('ISO 8601, UTC'),
      before: z.iso.datetime().optional().describe('ISO 8601, UTC; not included'),
    },
    place: timePlace,
    async read({ query, after, limit }, { stores, reader }) {
      if (!maySeeSetUp(reader)) return undefined;
      const found = await stores.auditLog.listBefore(after, limit + 1, {
        personId: query.person,
        integrationId: query.integration,
        what: query.what,
        from: query.from === undefined ? undefined : new Date(query.from),
        before: query.before === undefined ? undefined : new Date(query.before),
      });
      const { rows, next } = cut(found, limit, (each): TimeCursor => [each.at.getTime(), each.id]);
      return { items: rows.map(shown), next };
    },
  }),
];
