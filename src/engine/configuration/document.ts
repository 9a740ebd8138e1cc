/**
 * Configuration as files: what an admin sets, as texts that live in a repository.
 *
 * Words. A *thing* is an integration, a bundle, a rule, a sequence, or the workspace's settings. Its *document* is the JSON that
 * stands in its file. It names people by email, and other things by name, never by id. To *apply* files is to make the things as
 * the files say; the *plan* says beforehand what that changes. A thing that was applied from a file is *managed by files*.
 *
 * | part of a thing                       | in files                                                  |
 * |---------------------------------------|-----------------------------------------------------------|
 * | what an admin has set, and counts     | yes                                                       |
 * | a manifest                            | a file of its own, byte for byte as the admin wrote it    |
 * | a draft, which doesn't count yet      | no; applying a file to the thing discards it              |
 * | secrets, tokens, webhooks' secrets    | never                                                     |
 * | people, access, requests, runs        | no                                                        |
 *
 * Here a document has the keys of the domain (`personIds`), with names for ids. `named.ts` turns both into what a file says.
 *
 * Begin with `plan.ts`, then `apply.ts`; `things.ts` reads what there is.
 */
import { z } from 'zod';
import type { JsonObject } from '../../core/json.ts';
import { LONGEST_DESCRIPTION, LONGEST_TAG, MAX_ITEMS, MAX_TAGS } from '../bundles/change-bundle.ts';
import { LONGEST_NAME as LONGEST_RULE_NAME } from '../rules/change-rule.ts';
import { condition } from '../rules/condition.ts';
import { integrationSettings, policy, timeOfDay, workspace } from '../settings/settings.ts';
import type { ThingKind } from './managed.ts';

const { shape } = integrationSettings;
const name = (longest: number) =>
  z.string().min(1, 'is empty; give it a name').max(longest, `has at most ${longest} characters`);

const integration = z.object({
  name: name(60),
  icon: z.string().max(40).optional(),
  turnedOn: z.boolean().default(true),
  ownerIds: shape.ownerIds,
  /** What is left out is as in a new integration. With a route, `approvers` and `approvals` have no meaning. */
  policy: policy.partial().optional(),
  asksForCodes: shape.asksForCodes,
  breakGlass: shape.breakGlass,
  notices: shape.notices,
  /** Only of an integration without a manifest. */
  assignee: shape.assignee,
  /** Only of a scheduled import. */
  paused: z.boolean().optional(),
  owns: shape.owns,
});

/** Of one field: `["a", "b"]` where people choose several. */
const answer = z.union([z.string().max(10_000), z.array(z.string().max(10_000)).max(1000)]);
const answered = {
  form: z.record(z.string(), answer).default({}),
  /** As people read them. Left out: from the manifest's own form. */
  answers: z
    .array(z.object({ label: z.string().max(500), value: z.string().max(10_000) }))
    .max(500)
    .optional(),
};
const app = z.object({ integrationId: z.string(), ...answered });

const bundle = z.object({
  name: name(60),
  description: z.string().max(LONGEST_DESCRIPTION).default(''),
  tags: z
    .array(z.string().max(LONGEST_TAG, `has at most ${LONGEST_TAG} characters; shorten it`))
    .max(MAX_TAGS, `has at most ${MAX_TAGS} tags; remove the others`)
    .default([]),
  apps: z
    .array(app.extend({ hours: z.number().int().min(1).optional() }))
    .max(MAX_ITEMS, `has at most ${MAX_ITEMS} apps; put the others into a second bundle`)
    .default([]),
});

const rule = z.object({
  name: name(LONGEST_RULE_NAME),
  turnedOn: z.boolean().default(false),
  matching: z.enum(['all', 'any']).default('all'),
  conditions: z.array(condition.extend({ not: z.boolean().default(false) })).default([]),
  daysBefore: z.number().default(0),
  overlapDays: z.number().default(14),
  grants: z.array(z.union([app, z.object({ bundleId: z.string() })])).default([]),
});

const days = z.number().int().min(1).max(366);
const timing = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('at-once') }),
  z.object({ kind: z.literal('before'), days, time: timeOfDay }),
  z.object({ kind: z.literal('on'), time: timeOfDay }),
  z.object({ kind: z.literal('after'), workingDays: days, time: timeOfDay }),
]);
const taskAssignee = z.discriminatedUnion('kind', [
  z.object({ kind: z.enum(['manager', 'buddy', 'new-hire', 'admins']) }),
  z.object({ kind: z.literal('person'), personId: z.string() }),
]);
const effect = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('grant'), ...app.shape }),
  z.object({ kind: z.literal('revoke'), integrationId: z.string() }),
  z.object({
    kind: z.literal('message'),
    channel: z.enum(['email', 'text', 'direct', 'channel']),
    to: z.string().min(1).max(500),
    subject: z.string().max(500).default(''),
    text: z.string().max(20_000),
  }),
  z.object({
    kind: z.literal('task'),
    title: z.string().min(1).max(150),
    note: z.string().max(2000).default(''),
    assignee: taskAssignee,
    dueInDays: z.number().int().min(0).max(366),
    checklist: z.array(z.string().min(1).max(150)).max(15).default([]),
  }),
]);
const occasion = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('person-created') }),
  z.object({ kind: z.enum(['access-granted', 'run-failed']), integrationId: z.string() }),
  z.object({
    kind: z.literal('field-changed'),
    field: z.enum(['department', 'position', 'manager']),
    to: z.string().max(200).default(''),
  }),
]);
const sequence = z.object({
  name: name(80),
  anchor: z.enum(['start-date', 'end-date', 'assignment']),
  turnedOn: z.boolean().default(true),
  forEveryHire: z.boolean().default(false),
  startsOn: z.array(occasion).max(50).default([]),
  items: z
    .array(
      z.object({
        when: timing,
        does: effect,
        /** The number of a task in this list, from 1, that has to be done first. */
        waitsFor: z.number().int().min(1).optional(),
      }),
    )
    .max(60)
    .default([]),
});

/** By kind. Without `turnedOn` and the like, what a new one has in chat. */
export const documentSchemas = { settings: workspace, integration, bundle, rule, sequence };

export type Documents = { readonly [K in ThingKind]: z.infer<(typeof documentSchemas)[K]> };
/** Typed: it was parsed by this schema when it was read. */
export const documentOf = <K extends ThingKind>(kind: K, document: JsonObject): Documents[K] =>
  documentSchemas[kind].parse(document) as Documents[K];

export type RuleGrant = Documents['rule']['grants'][number];

/** What there is, or what a file says. */
export interface Thing<K extends ThingKind = ThingKind> {
  readonly kind: K;
  /** Empty for the settings. */
  readonly name: string;
  /** As in the file: names for ids, every default filled in, in one order of keys. */
  readonly document: JsonObject;
  /** Only of an integration that has one. */
  readonly manifest?: string;
}

/** One that is stored. */
export interface StoredThing extends Thing {
  readonly id: string;
  /** Its settings are damaged, so the document has what counts in their place. */
  readonly isUnread?: true;
}

/** One that a file says. */
export interface FileThing extends Thing {
  /** `integrations/figma.json` */
  readonly file: string;
}

/** Something to change in a file. */
export interface FileProblem {
  readonly file: string;
  /** `policy.owners[0]`; empty for the whole file. */
  readonly place: string;
  readonly message: string;
}
