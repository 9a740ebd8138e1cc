/**
 * Every kind of event that endpoints get: which entry of the audit log it is, when it happens, and what it carries. The table in
 * docs/event-endpoints.md is made of this one. Events are thin: who, which app, by whom, and ids.
 */
import { z } from 'zod';
import type { AuditWhat } from '../work/audit-words.ts';

const person = z
  .strictObject({
    id: z.string(),
    /** Both left out once they are erased. */
    name: z.string().optional(),
    email: z.string().optional(),
  })
  .describe('whom it is about');
const app = z
  .strictObject({ id: z.string(), name: z.string().optional() })
  .describe('the integration');
const by = z
  .discriminatedUnion('kind', [
    z.object({
      kind: z.literal('person'),
      id: z.string(),
      name: z.string().optional(),
      email: z.string().optional(),
      via: z.enum(['slack', 'teams', 'web']).optional(),
      /** The id of an API token: a program did it for them. */
      token: z.string().optional(),
    }),
    z.object({ kind: z.literal('operator'), user: z.string() }),
    z.object({ kind: z.literal('system') }),
  ])
  .describe('who did it');
export type EventPerson = z.infer<typeof person>;
export type EventBy = z.infer<typeof by>;

/** An id from the entry's detail. It is gone where a person in the entry was erased. */
const id = z.string().optional();
const access = { by, person, app };
const request = { by, person, app, request: id };
const task = { by, person: person.optional(), app: app.optional(), task: id };
const review = { by, review: id };
const offboarding = { by, person, offboarding: id };

/** What leaves Latchkey, and when, for the documents. */
type KindFacts = readonly [data: z.ZodRawShape, when: string];

/** Named as their entries are. */
const sameNames = {
  'access.found': [access, 'Latchkey found access that no one granted here'],
  'removal.begun': [{ ...access, removal: id }, 'a removal of access started'],
  'removal.stuck': [{ ...access, removal: id }, 'a removal is stuck, and admins were told'],
  'removal.withdrawn': [{ ...access, removal: id }, 'a removal was withdrawn'],
  'break-glass.taken': [request, 'someone took access without approval'],
  'request.made': [request, 'someone requested access'],
  'request.approved': [request, 'a request was approved'],
  'request.denied': [request, 'a request was denied'],
  'request.withdrawn': [request, 'the requester withdrew it'],
  'request.expired': [request, 'no one decided in time'],
  'request.cancelled': [request, 'Latchkey cancelled it'],
  'person.added': [{ by, person }, 'a person was added'],
  'person.changed': [{ by, person }, 'details of a person changed'],
  'person.role': [{ by, person }, 'a person got another role'],
  'person.deactivated': [{ by, person }, 'a person left'],
  'person.reactivated': [{ by, person }, 'a person is back'],
  'person.erased': [{ by, person }, 'everything about a person was deleted'],
  'offboarding.planned': [offboarding, 'a last day was set'],
  'offboarding.started': [offboarding, 'the removals started'],
  'offboarding.done': [offboarding, 'all access is removed'],
  'offboarding.cancelled': [offboarding, 'it was cancelled'],
  'task.opened': [task, 'there is something to do by hand'],
  'task.done': [task, 'someone did it'],
  'task.cancelled': [task, 'it is not needed any more'],
  'review.started': [review, 'an access review started'],
  'review.closed': [review, 'an access review ended'],
  'finding.opened': [
    { by, person: person.optional(), app: app.optional(), finding: id },
    'a list of accounts differs from what Latchkey knows',
  ],
  'finding.resolved': [
    { by, person: person.optional(), app: app.optional(), finding: id },
    'it no longer does',
  ],
  'integration.added': [{ by, app }, 'an integration was added'],
  'integration.on': [{ by, app }, 'an integration was turned on'],
  'integration.off': [{ by, app }, 'an integration was turned off'],
  'integration.deleted': [{ by, app }, 'an integration was deleted'],
} as const satisfies { readonly [K in AuditWhat]?: KindFacts };

const run = z.string();

/** With names of their own: of a run or a task of one kind, or plainer. Some kinds come from two entries. */
const otherNames = [
  {
    kind: 'access.granted',
    from: 'run.succeeded',
    of: 'grant',
    facts: [{ ...access, run }, 'a grant succeeded'],
  },
  {
    kind: 'access.granted',
    from: 'task.done',
    of: 'grant',
    facts: [{ ...access, task: id }, 'someone granted it by hand'],
  },
  {
    kind: 'access.grant-failed',
    from: 'run.failed',
    of: 'grant',
    facts: [{ ...access, run }, 'a grant failed for good'],
  },
  {
    kind: 'access.grant-failed',
    from: 'run.blocked',
    of: 'grant',
    facts: [{ ...access, run }, 'a condition of its manifest stopped a grant'],
  },
  {
    kind: 'access.removed',
    from: 'removal.gone',
    facts: [{ ...access, removal: id }, 'it is proven that the access is removed'],
  },
  {
    kind: 'integration.disconnected',
    from: 'oauth.reconnect',
    facts: [{ by, app }, "an app no longer accepts Latchkey's connection"],
  },
] as const satisfies readonly {
  readonly kind: string;
  readonly from: AuditWhat;
  readonly of?: 'grant';
  readonly facts: KindFacts;
}[];

/** `audit.recorded` carries the whole entry, `endpoint.test` nothing. */
export type EventKind =
  | keyof typeof sameNames
  | (typeof otherNames)[number]['kind']
  | typeof AUDIT
  | typeof TEST;
export const AUDIT = 'audit.recorded';
export const TEST = 'endpoint.test';

const audit = z
  .looseObject({
    metadata: z.looseObject({ uid: z.string(), sequence: z.number() }),
    time: z.number(),
    class_uid: z.number(),
    activity_name: z.string(),
  })
  .describe('an OCSF event, as in AUDIT_FILE');

export interface KindOfEvent {
  readonly kind: EventKind;
  /** Only of a run or a task of this kind. */
  readonly of?: 'grant';
  /** Nothing leaves that it doesn't name. */
  readonly data: z.ZodType;
  readonly when: string;
}

const auditRow: KindOfEvent = { kind: AUDIT, data: audit, when: 'each entry of the audit log' };

const factsOf = ([data, when]: KindFacts) => ({ data: z.object(data), when });

const fromEntries: readonly (KindOfEvent & { readonly from: string })[] = [
  ...otherNames.map(({ facts, ...each }) => ({ ...each, ...factsOf(facts) })),
  ...Object.entries(sameNames).map(([kind, facts]) => ({
    kind: kind as keyof typeof sameNames,
    from: kind,
    ...factsOf(facts),
  })),
];

/** Some kinds are there twice. */
export const eventKinds: readonly KindOfEvent[] = [
  ...fromEntries,
  auditRow,
  {
    kind: TEST,
    data: z.object({ endpoint: z.string().describe('the name of the endpoint') }),
    when: 'an admin sent a test',
  },
];

const known: ReadonlySet<string> = new Set(eventKinds.map(({ kind }) => kind));

export const isEventKind = (text: string): text is EventKind => known.has(text);

const groupOf = (kind: string): string => kind.slice(0, kind.indexOf('.'));

/** What an endpoint may choose beside whole kinds: their first words. A test comes to each. */
export const eventGroups: readonly string[] = [
  ...new Set([...known].filter((kind) => kind !== TEST).map(groupOf)),
];

/** Whether it is a kind, or the first word of some. */
export const isChoosable = (text: string): boolean =>
  text !== TEST && (isEventKind(text) || eventGroups.includes(text));

/** @param chosen empty for all */
export const wants = (chosen: readonly string[], kind: EventKind): boolean =>
  chosen.length === 0 || chosen.includes(kind) || chosen.includes(groupOf(kind));

/** What an entry with this name may be. */
export const kindsOf = (what: string): readonly KindOfEvent[] => [
  ...fromEntries.filter(({ from }) => from === what),
  auditRow,
];
