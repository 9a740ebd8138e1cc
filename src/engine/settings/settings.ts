/**
 * What admins set in chat. Words: a *policy* says who may ask for an integration and who decides; *workspace settings*
 * hold for everything. What was never set has the default that stands here.
 */
import { z } from 'zod';

const address = z.object({ platform: z.enum(['slack', 'teams']), key: z.string() });
/** A whole number of days, a year at most: what is longer is no limit. */
const days = z.number().int().min(1).max(366);

/** Where notices go: a conversation, and its name for people. */
const noticePlace = z.object({ address, name: z.string() });
export type NoticePlace = z.infer<typeof noticePlace>;

const requesters = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('everyone') }),
  z.object({ kind: z.literal('departments'), departments: z.array(z.string()).min(1) }),
  z.object({ kind: z.literal('nobody') }),
]);
const approvers = z.discriminatedUnion('kind', [
  /** The manager of whom the access is for. */
  z.object({ kind: z.literal('manager') }),
  z.object({ kind: z.literal('people'), personIds: z.array(z.string()).min(1) }),
  z.object({ kind: z.literal('admins') }),
  /** Nobody: a request is approved at once. */
  z.object({ kind: z.literal('automatic') }),
]);
const assignee = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('manager') }),
  z.object({ kind: z.literal('buddy') }),
  z.object({ kind: z.literal('person'), personId: z.string() }),
]);
export type Requesters = z.infer<typeof requesters>;
export type Approvers = z.infer<typeof approvers>;
export type Assignee = z.infer<typeof assignee>;

const policy = z.object({
  /** Who may ask for it, for themselves. */
  requesters,
  approvers,
  /** How many of the approvers have to approve. */
  approvals: z.number().int().min(1).max(5),
  /** Days; null where access may last for ever. */
  longestDays: days.nullable(),
  /** Days without a decision after which approvers are reminded, admins decide too, the request ends; null for never. */
  remindAfterDays: days.nullable(),
  escalateAfterDays: days.nullable(),
  expireAfterDays: days.nullable(),
  /** Whether managers grant it to their direct reports themselves, without a request. */
  managersGrant: z.boolean(),
});
export type Policy = z.infer<typeof policy>;

export const defaultPolicy: Policy = {
  requesters: { kind: 'everyone' },
  approvers: { kind: 'manager' },
  approvals: 1,
  longestDays: null,
  remindAfterDays: 1,
  escalateAfterDays: 3,
  expireAfterDays: 14,
  managersGrant: true,
};

/** Settings of one integration, as they are kept. */
export const integrationSettings = z.object({
  policy: policy.optional(),
  notices: noticePlace.optional(),
  /** Of a manual integration: who does it by hand. */
  assignee: assignee.optional(),
  /** Of a sync with a schedule: whether it rests, and since when that is so (ISO); times before that are not made up for. */
  schedule: z.object({ isPaused: z.boolean(), since: z.iso.datetime() }).optional(),
  /** Of one that is being deleted: what becomes of the access that so many people had then. */
  whenDeleted: z
    .object({ access: z.enum(['remove', 'keep']), people: z.number().int().nonnegative() })
    .optional(),
});
export type IntegrationSettings = z.infer<typeof integrationSettings>;

export const policyOf = ({ settings }: { readonly settings?: IntegrationSettings }): Policy =>
  settings?.policy ?? defaultPolicy;

/** The languages that dates are written in, as BCP 47 has them. */
export const dateLanguages = ['en-GB', 'en-US', 'de', 'es', 'fr', 'it', 'nl', 'pt', 'sv'] as const;

/** `20:00` */
export const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);

/** `example.com`, in lower case. */
export const domainName = z
  .string()
  .max(253)
  .regex(/^[a-z\d-]+(\.[a-z\d-]+)+$/);

const workspace = z.object({
  /** Where notices go that no integration has a place of its own for. */
  notices: noticePlace.optional(),
  /** A scheduled import that would create more people than both waits for an admin's OK. */
  importMostPeople: z.number().int().min(0).default(100),
  /** Per cent of the people who are there. */
  importMostPercent: z.number().min(0).max(1000).default(20),
  dateLanguage: z.enum(dateLanguages).default('en-GB'),
  /** Whether admins are asked about whoever joins the workspace and isn't in the directory. */
  askAboutJoins: z.boolean().default(false),
  /**
   * Whether members of the own Slack workspace come in by the address of their profile although Slack doesn't call it
   * confirmed, as it doesn't for many who came by single sign-on. Never as an admin.
   */
  takesUnconfirmed: z.boolean().default(false),
  /**
   * Domains of mail addresses by which members and guests in Teams come in whose sign-in name nobody in the directory has; in
   * lower case. Never as an admin.
   */
  mailDomains: z.array(domainName).min(1).max(100).optional(),
  /** Whether an email with a secret goes out as a link that shows it once. */
  secretsAsLinks: z.boolean().default(false),
  /** The integration that sends texts; without one they are sent in chat. */
  textProviderId: z.string().optional(),
  /** In which sequences send nobody a text or a direct message, by each one's own clock; none where it is left out. */
  quietHours: z.object({ from: timeOfDay, until: timeOfDay }).optional(),
  /** Days of the week on which nobody works: 1 for Monday to 7 for Sunday. */
  weekend: z.array(z.number().int().min(1).max(7)).max(6).default([6, 7]),
  /** ISO dates on which nobody works. */
  holidays: z.array(z.iso.date()).max(1000).default([]),
});
export type WorkspaceSettings = z.infer<typeof workspace>;

/** What the store keeps them under. */
export const WORKSPACE = 'workspace';

/** @param kept undefined where nothing was ever set */
export const readWorkspaceSettings = (kept: string | undefined): WorkspaceSettings =>
  workspace.parse(kept === undefined ? {} : JSON.parse(kept));
