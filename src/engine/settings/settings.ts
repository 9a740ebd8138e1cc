/**
 * What admins set in chat.
 *
 * Words. A *policy* says who may request access to an integration, who approves, and when a request expires. *Workspace
 * settings* apply to everything. *Notices* are messages to admins, and a *notice place* is the conversation that gets them.
 * A *set-up step* (`setting-up.ts`) is one thing that an installation needs before it works.
 *
 * Settings have no states: a value was set, or the default below applies. They differ in where they are kept:
 *
 * | setting             | where it is kept                    | what changes it                                     |
 * |---------------------|-------------------------------------|-----------------------------------------------------|
 * | of one integration  | in the integration's row, those of its route in a column of their own | `changeSettings` (`integrations/change-integration.ts`) |
 * | of the workspace    | in one row of JSON, key `WORKSPACE` | `changeWorkspaceSettings` (`workspace-settings.ts`) |
 * | memory of set-up    | in one row of JSON                  | the start of a process, an admin (`set-up-memory.ts`) |
 *
 * | set-up step | what it means                            | what ends it                     |
 * |-------------|------------------------------------------|----------------------------------|
 * | missing     | Latchkey can't work without it           | someone does what `next` says    |
 * | optional    | Latchkey works without it, but with less | someone does what `next` says    |
 * | done        | nothing is left to do                    | someone removes what was there   |
 *
 * Events: none. Cards follow `settingsTopic` and `setUpTopic`. A new policy re-evaluates the integration's open requests, and
 * new working days re-plan sequences.
 *
 * Where to begin: `policy` and `workspace` below list every setting, with its default.
 */
import { z } from 'zod';
import { frozen } from '../../core/frozen.ts';
import { MAX_HOURS } from '../../core/hours.ts';
import type { Unread } from '../work/unread.ts';
import { readSetting } from './read-setting.ts';
import { MAX_APPROVALS, type Route, route, type Stage } from './route.ts';

const address = z.object({ platform: z.enum(['slack', 'teams']), key: z.string() });
/** Whole days, at most a year, because a longer limit would limit nothing. */
const days = z.number().int().min(1).max(366);

/** The conversation that gets notices, and its name for people. */
const noticePlace = z.object({ address, name: z.string() });
export type NoticePlace = z.infer<typeof noticePlace>;

const requesters = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('everyone') }),
  z.object({ kind: z.literal('departments'), departments: z.array(z.string()).min(1) }),
  z.object({ kind: z.literal('nobody') }),
]);
const approvers = z.discriminatedUnion('kind', [
  /** The manager of the person who gets the access. */
  z.object({ kind: z.literal('manager') }),
  z.object({ kind: z.literal('people'), personIds: z.array(z.string()).min(1) }),
  z.object({ kind: z.literal('admins') }),
  /** A request is approved at once. */
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

export const policy = z.object({
  /** Who may request access for themselves. */
  requesters,
  approvers,
  /** How many approvers have to approve. */
  approvals: z.number().int().min(1).max(MAX_APPROVALS),
  /** Counts instead of `approvers` and `approvals`; those then say admins, which is what 0.2.0 goes by. */
  route: route.optional(),
  /** Null: access may have no end date. */
  longestHours: z.number().int().min(1).max(MAX_HOURS).nullable(),
  /** Days without an answer until approvers are reminded, until admins may approve too, and until the request expires. Null: never. */
  remindAfterDays: days.nullable(),
  escalateAfterDays: days.nullable(),
  expireAfterDays: days.nullable(),
  /** Whether managers may grant it to their direct reports without a request. */
  managersGrant: z.boolean(),
});
export type Policy = z.infer<typeof policy>;

export const defaultPolicy: Policy = {
  requesters: { kind: 'everyone' },
  approvers: { kind: 'manager' },
  approvals: 1,
  longestHours: null,
  remindAfterDays: 1,
  escalateAfterDays: 3,
  expireAfterDays: 14,
  managersGrant: true,
};

/** Hours. Someone who needs it for longer has time to request it. */
export const MAX_BREAK_GLASS = 72;

export const integrationSettings = z.object({
  policy: policy.optional(),
  /** Whether who decides about its requests has to type a code of their authenticator. */
  asksForCodes: z.boolean().optional(),
  notices: noticePlace.optional(),
  /** A route that an admin is writing. It counts when they apply it. */
  routeDraft: route.optional(),
  /** Its owners. They approve where a stage says so, and review break-glass. */
  ownerIds: z.array(z.string()).max(20).optional(),
  /** Whether people may take access without an approval; `longestHours`: for how long at most. Left out: not allowed. */
  breakGlass: z
    .object({
      longestHours: z.number().int().min(1).max(MAX_BREAK_GLASS),
      withApprovalOptions: z.boolean(),
    })
    .optional(),
  /** Who does the tasks of a manual integration. */
  assignee: assignee.optional(),
  /** Only for a scheduled import: whether it is paused, and since when (ISO). Imports due before `since` are skipped. */
  schedule: z.object({ isPaused: z.boolean(), since: z.iso.datetime() }).optional(),
  /** Only for an import that creates people: the fields that it owns, by their names in `data_structure`. */
  owns: z.array(z.string()).max(100).optional(),
  /** Only while it is being deleted: what happens to the access, and how many people had access then. */
  whenDeleted: z
    .object({ access: z.enum(['remove', 'keep']), people: z.number().int().nonnegative() })
    .optional(),
});
export type IntegrationSettings = z.infer<typeof integrationSettings>;

/** Of settings that can't be read, until an admin sets them again: nobody requests it, admins approve what is open, with a code, and its imports wait. */
const CLOSED: IntegrationSettings = frozen({
  policy: {
    ...defaultPolicy,
    requesters: { kind: 'nobody' },
    approvers: { kind: 'admins' },
    managersGrant: false,
    expireAfterDays: null, // Until someone looks, since the policy may have said so.
  },
  asksForCodes: true,
  schedule: { isPaused: true, since: new Date(0).toISOString() },
});

interface WithSettings {
  readonly settings?: IntegrationSettings | Unread;
}

/** What counts. Settings that can't be read are closed. */
export const settingsOf = ({ settings = {} }: WithSettings = {}): IntegrationSettings =>
  settings === 'unread' ? CLOSED : settings;

export const policyOf = (integration: WithSettings): Policy =>
  settingsOf(integration).policy ?? defaultPolicy;

/** What a policy with a route says to 0.2.0, which knows no routes: never fewer rights than the route needs. */
export const FOR_ROUTE = { approvers: { kind: 'admins' }, approvals: 1 } as const satisfies Pick<
  Policy,
  'approvers' | 'approvals'
>;

/** The policy's route; that of a simple policy has one stage, or none where nobody has to approve. */
export const routeOf = (of: Policy): Route => of.route ?? { cases: [], stages: simpleStages(of) };

const simpleStages = ({ approvers: by, approvals }: Policy): Stage[] =>
  by.kind === 'automatic' ? [] : [{ approvers: [by], approvals, differentPerson: false }];

/** Languages for dates, as BCP 47 tags. */
export const dateLanguages = ['en-GB', 'en-US', 'de', 'es', 'fr', 'it', 'nl', 'pt', 'sv'] as const;

/** `20:00` */
export const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);

/** `example.com`, in lower case. */
export const domainName = z
  .string()
  .max(253)
  .regex(/^[a-z\d-]+(\.[a-z\d-]+)+$/);

/** As `headsTo`; no email address is it. */
export const WITH_NOTICES = 'notices';

export const workspace = z.object({
  /** Gets the notices of integrations that have no place of their own. */
  notices: noticePlace.optional(),
  /** A scheduled import that would create more people than this and than `importMostPercent` waits for an admin's OK. */
  importMostPeople: z.number().int().min(0).default(100),
  /** Per cent of the people in the directory. */
  importMostPercent: z.number().min(0).max(1000).default(20),
  dateLanguage: z.enum(dateLanguages).default('en-GB'),
  /** Whether admins get a question when someone joins the workspace who isn't in the directory. */
  askAboutJoins: z.boolean().default(false),
  /**
   * Whether Latchkey recognises members of its own Slack workspace by a profile address that Slack doesn't call confirmed.
   * Slack doesn't confirm the addresses of many people who use single sign-on. Never for admins.
   */
  takesUnconfirmed: z.boolean().default(false),
  /**
   * Mail domains in lower case. Latchkey recognises a member or guest in Teams by a mail address of these domains when nobody in
   * the directory has their sign-in name. Never for admins.
   */
  mailDomains: z.array(domainName).min(1).max(100).optional(),
  /** Mail domains, in lower case, under which the same name is the same person: for the accounts that apps list. */
  sameDomains: z.array(domainName).min(2).max(100).optional(),
  /** Whether an email carries a secret as a link that shows it once. */
  secretsAsLinks: z.boolean().default(false),
  /** The integration that sends texts. Without one, texts go to chat. */
  textProviderId: z.string().optional(),
  /** When sequences send nobody a text or a direct message, in each person's own time zone. Left out: no quiet hours. */
  quietHours: z.object({ from: timeOfDay, until: timeOfDay }).optional(),
  /** Where the signed head of the audit log goes each day: with the notices, or to this address. Left out: nowhere. */
  headsTo: z.union([z.literal(WITH_NOTICES), z.email()]).optional(),
  /** Who may have personal API tokens. Service tokens are the admins'. */
  personalTokens: z.enum(['admins', 'everyone']).default('admins'),
  /** Days of the week on which nobody works: 1 for Monday to 7 for Sunday. */
  weekend: z.array(z.number().int().min(1).max(7)).max(6).default([6, 7]),
  /** ISO dates on which nobody works. */
  holidays: z.array(z.iso.date()).max(1000).default([]),
});
export type WorkspaceSettings = z.infer<typeof workspace>;

/** The store's key for workspace settings. */
export const WORKSPACE = 'workspace';

const UNSET: WorkspaceSettings = frozen(workspace.parse({}));

/**
 * Of settings that can't be read, until an admin sets all of them again: an import that adds anyone waits for an admin's OK, and no
 * email contains a secret. The other defaults are closed anyway.
 */
const CLOSED_WORKSPACE: WorkspaceSettings = frozen({
  ...UNSET,
  importMostPeople: 0,
  importMostPercent: 0,
  secretsAsLinks: true,
});

/** @param kept undefined when nothing was ever set */
export const storedWorkspaceSettings = (kept: string | undefined): WorkspaceSettings | Unread =>
  kept === undefined ? UNSET : readSetting<WorkspaceSettings | Unread>(workspace, kept, 'unread');

/** What counts. Settings that can't be read are closed. */
export function readWorkspaceSettings(kept: string | undefined): WorkspaceSettings {
  const stored = storedWorkspaceSettings(kept);
  return stored === 'unread' ? CLOSED_WORKSPACE : stored;
}
