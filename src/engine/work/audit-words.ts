/** The audit log in words: what each entry reports. */

import { capitalised } from '../../core/capitalised.ts';
import { shorten } from '../../core/shorten.ts';
import { inEachLanguage, t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { Actor, AuditEntry } from '../people/directory.ts';
import { isDamagedActor } from './damaged-actor.ts';

/** Every kind of entry: nothing can be audited without words. */
const words = inEachLanguage(() => ({
  'grant.started': t`started a grant`,
  'grant.deferred': t`queued a grant behind another`,
  'revoke.started': t`started a revoke`,
  'revoke.follows': t`queued a revoke behind a running grant`,
  'revoke.refused': t`could not revoke`,
  'access.given-back': t`gave back their own access`,
  'removal.begun': t`started to remove access`,
  'removal.joined': t`added a reason to remove access`,
  'removal.waiting': t`held a removal until a grant stops`,
  'removal.revoking': t`started the revoke of a removal`,
  'removal.checking': t`started to check that access is removed`,
  'removal.by-hand': t`turned a removal into a task`,
  'removal.stuck': t`could not remove access yet`,
  'removal.gone': t`proved that access is removed`,
  'removal.withdrawn': t`withdrew a removal`,
  'removal.paused': t`paused a removal because the person is back`,
  'removal.retry-now': t`retried a removal`,
  'removal.resumed': t`resumed a paused removal`,
  'discovery.started': t`started to find existing access`,
  'discovery.stopped': t`stopped finding existing access`,
  'access.found': t`found existing access`,
  'access.moved': t`moved an end that a wrong clock had put off`,
  'accounts.read': t`started to read a list of accounts`,
  'accounts.accepted': t`accepted a shorter list of accounts`,
  'finding.opened': t`found a difference in a list of accounts`,
  'finding.resolved': t`closed a finding, since it no longer applies`,
  'finding.removed': t`removed the access of a finding`,
  'finding.adopted': t`adopted an account`,
  'finding.service': t`made an account a service account`,
  'finding.ignored': t`ignored a finding`,
  'finding.reopened': t`reopened a finding`,
  'run.succeeded': t`finished a run`,
  'run.failed': t`had a run fail`,
  'run.blocked': t`stopped a run at its condition`,
  'run.retrying': t`had a run fail and will retry it`,
  'run.cancelled': t`cancelled a run`,
  'run.stopping': t`stopped a run at its next pause`,
  'run.retry-now': t`retried a run`,
  'request.prepared': t`prepared a request in chat`,
  'request.workflow-card': t`showed a request that a workflow in Slack filled in`,
  'request.made': t`requested access`,
  'request.counted': t`approved a request that needs more approvals`,
  'break-glass.taken': t`took access without an approval`,
  'break-glass.ok': t`accepted access without an approval`,
  'break-glass.looking': t`is looking into access without an approval`,
  'request.question': t`asked the requester a question`,
  'request.answer': t`answered an approver's question`,
  'request.reassigned': t`reassigned a request to another approver`,
  'request.approver-left': t`removed someone who left from the approvers of a request`,
  'request.approved': t`approved a request`,
  'request.denied': t`denied a request`,
  'request.withdrawn': t`withdrew a request`,
  'request.expired': t`let a request expire with no decision`,
  'request.cancelled': t`cancelled a request`,
  'request.escalated': t`opened a request to admins for approval`,
  'bundle.made': t`created a bundle`,
  'bundle.applied': t`applied the changes of a bundle`,
  'bundle.changed': t`changed a bundle`,
  'bundle.discarded': t`discarded the changes of a bundle`,
  'bundle.deleted': t`deleted a bundle`,
  'bundle.requested': t`requested a bundle`,
  'bundle.granted': t`granted a bundle`,
  'task.opened': t`opened a task`,
  'task.done': t`completed a task`,
  'task.cancelled': t`cancelled a task`,
  'task.reassigned': t`reassigned a task`,
  'sequence.made': t`created a sequence`,
  'sequence.changed': t`changed a sequence`,
  'sequence.deleted': t`deleted a sequence`,
  'sequence.assigned': t`assigned a sequence`,
  'sequence.moved': t`moved an item of a sequence`,
  'sequence.fired': t`ran an item of a sequence`,
  'sequence.failed': t`could not run an item of a sequence`,
  'sequence.skipped': t`skipped an item of a sequence`,
  'sequence.cancelled': t`cancelled an item of a sequence`,
  'rule.made': t`created a rule`,
  'rule.changed': t`changed a rule`,
  'rule.applied': t`applied the changes of a rule`,
  'rule.discarded': t`discarded the changes of a rule`,
  'rule.on': t`turned a rule on`,
  'rule.off': t`turned a rule off`,
  'rule.deleted': t`deleted a rule`,
  'rule.granted': t`granted someone what a rule grants`,
  'rule.ending': t`set an end for what a rule granted`,
  'rule.kept': t`kept what a rule grants, since they match it again`,
  'rule.exception': t`excepted someone from a rule`,
  'rule.exception-ended': t`ended an exception from a rule`,
  'rule.trouble': t`could not grant someone what a rule grants`,
  'rule.tried-again': t`retried what a rule grants`,
  'rule.failed': t`could not evaluate the rules for someone`,
  'offboarding.planned': t`planned a last day`,
  'offboarding.started': t`started an offboarding`,
  'offboarding.done': t`finished an offboarding`,
  'offboarding.cancelled': t`cancelled an offboarding`,
  'authenticator.proven': t`set up an authenticator`,
  'authenticator.confirmed': t`confirmed an authenticator`,
  'authenticator.declined': t`declined an authenticator`,
  'authenticator.locked': t`locked an authenticator after five wrong codes`,
  'authenticator.unlocked': t`unlocked an authenticator`,
  'authenticator.removed': t`removed an authenticator`,
  'authenticator.recovery-used': t`used a recovery code`,
  'token.created': t`created an API token`,
  'token.revoked': t`ended an API token`,
  'token.refused': t`refused an API token that has ended`,
  'transition.opened': t`opened the card of a person's change`,
  'transition.kept': t`kept longer what a rule no longer grants`,
  'transition.ended-now': t`ended now what a rule no longer grants`,
  'transition.done': t`finished a person's change`,
  'transition.replaced': t`ended a person's change, since they left`,
  'review.started': t`started an access review`,
  'review.kept': t`kept access in a review`,
  'review.revoked': t`revoked access in a review`,
  'review.closed': t`closed an access review`,
  'review.held': t`held what a review would remove, since that is very much`,
  'review.released': t`had a review remove what was undecided`,
  'review.escalated': t`gave admins what reviewers had not decided`,
  'review.reviewer-left': t`removed someone who left from the reviewers of an access review`,
  'review.reminded': t`reminded reviewers`,
  'review-campaign.made': t`added a recurring review`,
  'review-campaign.changed': t`changed a recurring review`,
  'review-campaign.stopped': t`stopped a recurring review`,
  'review-campaign.resumed': t`resumed a recurring review`,
  'review-campaign.empty': t`found nothing to review`,
  'delegation.set': t`set a delegate`,
  'delegation.ended': t`ended a delegation`,
  'integration.added': t`added an integration`,
  'integration.saved': t`saved a manifest`,
  'integration.renamed': t`renamed an integration`,
  'integration.settings': t`changed the settings of an integration`,
  'integration.on': t`turned an integration on`,
  'integration.off': t`turned an integration off`,
  'integration.deleting': t`started to delete an integration`,
  'integration.deleted': t`deleted an integration`,
  'secrets.set': t`set secrets`,
  'sequence.starts': t`set when a sequence starts automatically`,
  'hook.added': t`added a webhook`,
  'hook.changed': t`changed a webhook`,
  'hook.on': t`turned a webhook on`,
  'hook.off': t`turned a webhook off`,
  'hook.rotated': t`replaced the secret of a webhook`,
  'hook.overlap-ended': t`ended the old secret of a webhook`,
  'hook.revealed': t`viewed the secret of a webhook`,
  'hook.deleted': t`deleted a webhook`,
  'event-endpoint.added': t`added an event endpoint`,
  'event-endpoint.changed': t`changed an event endpoint`,
  'event-endpoint.on': t`turned an event endpoint on`,
  'event-endpoint.off': t`turned an event endpoint off`,
  'event-endpoint.rotated': t`replaced the secret of an event endpoint`,
  'event-endpoint.revealed': t`viewed the secret of an event endpoint`,
  'event-endpoint.redelivered': t`sent an event again`,
  'event-endpoint.removed': t`deleted an event endpoint`,
  'oauth.connected': t`connected an integration`,
  'oauth.reconnect': t`lost the connection of an integration`,
  'manifest.tried': t`tried a manifest`,
  'person.added': t`added a person`,
  'person.changed': t`changed a person`,
  'person.role': t`changed a role`,
  'person.deactivated': t`deactivated a person`,
  'person.reactivated': t`reactivated a person`,
  'person.erasing': t`started to erase a person`,
  'person.erased': t`erased a person`,
  'fact.typed': t`entered a fact that the person has to confirm`,
  'fact.entered': t`entered facts about a person`,
  'fact.confirmed': t`confirmed a fact about a person`,
  'fact.rejected': t`rejected a fact about a person`,
  'fact.removed': t`removed facts about a person`,
  'fact.expired': t`dropped a fact that was not confirmed in time`,
  'people.import': t`started an import of people`,
  'people.imported': t`imported people`,
  'people.import-stopped': t`stopped an import of people`,
  'sync.started': t`started an import`,
  'sync.approved': t`let an import go on`,
  'sync.cancelled': t`stopped an import`,
  'sync.done': t`imported people`,
  'sync.ignored': t`permanently left people out of imports`,
  'sync.unignored': t`let imports add someone again`,
  'joins.ignored': t`chose not to add people who had joined`,
  'identity.linked': t`linked a chat user`,
  'identity.unlinked': t`unlinked a chat user`,
  'link.refused': t`was refused at a link`,
  'delivery.sent-again': t`resent a text`,
  'delivery.revealed': t`opened a message that is shown once`,
  'delivery.link-used': t`showed a message through its emailed link`,
  'settings.changed': t`changed settings`,
  'settings.notices': t`chose where notices go`,
  'setup.key-copied': t`confirmed that the encryption key is backed up`,
  'database.copied': t`copied the database into a file`,
  'database.restored': t`started Latchkey on a copy of the database`,
  'database.moved': t`moved everything into this database`,
  'keys.rotated': t`encrypted the secrets with the first key`,
  'keys.failed': t`could not encrypt every secret with the first key`,
  'export.made': t`exported a file`,
  'audit.erased': t`deleted what audit log entries say of an erased person`,
  'audit.purged': t`deleted old audit log entries`,
  refused: t`was refused`,
}));

export type AuditWhat = keyof ReturnType<typeof words>;

/** A kind of an older version, which isn't listed, is shown by its own name. */
export const whatWords = (what: string): string => {
  const known: Readonly<Record<string, string>> = words();
  return known[what] ?? what;
};

/** `grant` of `grant.started`. */
type FirstPart<W extends string> = W extends `${infer First}.${string}` ? First : W;
/** A filter has every kind whose name begins with it: `review` also has `review-campaign`. */
type AuditKind = Exclude<FirstPart<AuditWhat>, 'review-campaign'>;

/** Kinds of entries to filter by: the first part of their name, in words. */
export const auditKinds = (): Readonly<Record<AuditKind, string>> => ({
  grant: t`Grants`,
  revoke: t`Revokes`,
  access: t`Access found or given back`,
  removal: t`Removals`,
  run: t`Activity`,
  request: t`Requests and decisions`,
  'break-glass': t`Break-glass`,
  authenticator: t`Authenticators`,
  token: t`API tokens`,
  bundle: t`Bundles`,
  task: t`Tasks`,
  sequence: t`Sequences`,
  hook: t`Webhooks`,
  'event-endpoint': t`Event endpoints`,
  rule: t`Rules`,
  transition: t`Changes of people`,
  offboarding: t`Offboardings`,
  delegation: t`Delegates`,
  review: t`Access reviews`,
  integration: t`Integrations`,
  secrets: t`Secrets`,
  oauth: t`Connections`,
  person: t`People and roles`,
  fact: t`Facts about people`,
  people: t`Imports of people`,
  joins: t`People who joined`,
  sync: t`Imports`,
  identity: t`Chat users`,
  settings: t`Settings`,
  manifest: t`Manifest tries`,
  link: t`Links`,
  delivery: t`Messages shown once or resent`,
  accounts: t`Lists of accounts`,
  finding: t`Findings`,
  discovery: t`Searches for existing access`,
  setup: t`Setup`,
  export: t`Exported files`,
  database: t`Copies and moves of the database`,
  keys: t`Encryption keys`,
  audit: t`Deleted entries`,
  refused: t`Refusals`,
});

type Detail = NonNullable<AuditEntry['detail']>[string];
type Details = NonNullable<AuditEntry['detail']>;

/** Details that are people's ids, or several with commas: a list names who it is by now. */
const PEOPLE: Readonly<Record<string, string>> = {
  approverId: 'approver',
  assigneeId: 'assignee',
  delegateId: 'delegate',
  forPersonId: 'forPerson',
  managerId: 'manager',
  ownerIds: 'owners',
  reviewerIds: 'reviewersNamed',
};
/** As an assignee. */
export const ANY_ADMIN = 'any admin';

/** @param nameOf the text itself where it is nobody's id */
export async function withPeople(
  detail: Details | undefined,
  nameOf: (id: string) => Promise<string>,
): Promise<Details> {
  const named: Record<string, Detail> = {};
  for (const [name, value] of Object.entries(detail ?? {})) {
    const shown = PEOPLE[nameNow(name)];
    if (shown === undefined) named[name] = value;
    else {
      const ids = String(value).split(', ').filter(Boolean);
      const people = ids.map(async (id) => (id === ANY_ADMIN ? t`any admin` : nameOf(id)));
      const isBefore = nameNow(name) !== name;
      named[isBefore ? `${shown}${BEFORE}` : shown] =
        (await Promise.all(people)).join(', ') || t`none`;
    }
  }
  return named;
}

/** Of one part: longer texts are cut. */
const LONGEST = 1000;
const BEFORE = 'Before';

/**
 * The details of a change: each part that is other than before, and what it was, as `…Before`. Never a secret, nor what someone
 * typed into a form of an app.
 */
export function changeOf(before: Details, after: Details): Details {
  const changed: Record<string, Detail> = {};
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [was, is] = [before[name] ?? '', after[name] ?? ''];
    if (was === is) continue;
    changed[name] = short(is);
    changed[`${name}${BEFORE}`] = short(was);
  }
  return changed;
}

/** With longer texts cut. */
export const shortened = (details: Details): Details =>
  Object.fromEntries(Object.entries(details).map(([name, value]) => [name, short(value)]));

const short = (value: Detail): Detail =>
  typeof value === 'string' ? shorten(value, LONGEST) : value;

/** Of `policyBefore`: `policy`. Its values are read as that one's. */
export const nameNow = (name: string): string =>
  name.length > BEFORE.length && name.endsWith(BEFORE) ? name.slice(0, -BEFORE.length) : name;

/**
 * The details of an entry as `name: value` pairs. Ids are left out. A value may be sentences, as a policy is: then the next pair
 * begins like another one.
 * @param show the value in words; undefined leaves the pair out
 */
export const detailWords = (
  { detail }: Pick<AuditEntry, 'detail'>,
  show: (name: string, value: Detail) => string | undefined = (_name, value) => String(value),
): string =>
  Object.entries(detail ?? {})
    .filter(([name]) => !name.endsWith('Id'))
    .flatMap(([name, value]) => {
      const shown = show(name, value);
      return shown === undefined ? [] : [`${nameInWords(name)}: ${shown}`];
    })
    .map((pair, at, pairs) => {
      if (at === 0) return pair;
      return /[.!?]$/.test(pairs[at - 1] ?? '') ? ` ${capitalised(pair)}` : `, ${pair}`;
    })
    .join('');

function nameInWords(name: string): string {
  const now = nameNow(name);
  const said = detailNames()[now] ?? inWords(now);
  return now === name ? said : t`${said} before`;
}

/** A detail that isn't listed is shown by its own name. */
const detailNames = inEachLanguage(
  (): Readonly<Record<string, string>> => ({
    access: t`access`,
    added: t`added`,
    approver: t`approver`,
    apps: t`apps`,
    askAboutJoins: t`ask about joins`,
    assignee: t`assignee`,
    before: t`before`,
    breakGlass: t`break-glass`,
    bundle: t`bundle`,
    cancelled: t`grants cancelled`,
    cause: t`cause`,
    changed: t`changed`,
    codes: t`codes`,
    conditions: t`conditions`,
    copiedAt: t`copied at`,
    copyOf: t`copy of`,
    created: t`created`,
    damaged: t`damaged`,
    dateLanguage: t`date language`,
    days: t`days`,
    delegate: t`delegate`,
    description: t`description`,
    draft: t`draft`,
    hours: t`hours`,
    droppedSecrets: t`deleted secrets`,
    peopleCleared: t`people whose values from a former integration were deleted`,
    due: t`due`,
    dueDate: t`due date`,
    email: t`email`,
    encrypted: t`encrypted`,
    endDate: t`last day`,
    endpoint: t`event endpoint`,
    entries: t`entries`,
    every: t`how often`,
    fields: t`fields`,
    firstOn: t`first date`,
    file: t`file`,
    followed: t`running grants that are stopped`,
    forEveryHire: t`for every new hire`,
    forPerson: t`as delegate of`,
    fresh: t`new`,
    from: t`from`,
    headsTo: t`heads of the audit log go to`,
    holidays: t`holidays`,
    hook: t`webhook`,
    hosts: t`hosts`,
    how: t`how`,
    import: t`import`,
    importMostPeople: t`most new people per import`,
    importMostPercent: t`most new people per import, in percent`,
    item: t`item`,
    items: t`items`,
    kind: t`kind`,
    department: t`department`,
    leadDays: t`days before the first day`,
    leftOut: t`left out`,
    manager: t`manager`,
    minutesLate: t`minutes late`,
    mode: t`mode`,
    moved: t`moved`,
    name: t`name`,
    mailDomains: t`email domains`,
    names: t`names`,
    notEncrypted: t`not encrypted again`,
    notices: t`notices`,
    number: t`number`,
    on: t`on`,
    overlapDays: t`days that access stays`,
    owners: t`owners`,
    owns: t`owned fields`,
    people: t`people`,
    place: t`place`,
    platform: t`platform`,
    policy: t`policy`,
    proof: t`proof`,
    quietHours: t`quiet hours`,
    removed: t`removed`,
    restored: t`restored`,
    reviewers: t`who reviews`,
    reviewersNamed: t`reviewers`,
    returned: t`returned`,
    role: t`role`,
    rows: t`rows`,
    rule: t`rule`,
    rules: t`rules`,
    failures: t`failed grants`,
    approved: t`approved options`,
    schedule: t`schedule`,
    searched: t`only those with words that were searched for`,
    sequence: t`sequence`,
    sameDomains: t`domains that mean the same people`,
    samePerson: t`the same person`,
    secretsAsLinks: t`secrets as links`,
    state: t`state`,
    storedValuesDropped: t`deleted stored values`,
    subject: t`subject`,
    tags: t`tags`,
    takesUnconfirmed: t`unconfirmed addresses`,
    tenant: t`tenant`,
    textProvider: t`texts are sent by`,
    to: t`to`,
    undecided: t`undecided`,
    unopened: t`texts that could not be opened`,
    until: t`until`,
    update: t`update`,
    updated: t`updated`,
    wanted: t`attempted`,
    personalTokens: t`personal API tokens`,
    scopes: t`what it may do`,
    tokenId: t`token`,
    weekend: t`weekend`,
    when: t`when`,
    why: t`why`,
  }),
);

/** `dueDate`: `due date`. */
const inWords = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** Empty where it can't be read. */
export function viaWords(actor: Actor): string {
  if (isDamagedActor(actor)) return '';
  switch (actor.kind) {
    case 'person':
      if (actor.tokenId !== undefined) return t`over the API`;
      return actor.via === 'web'
        ? t`on a web page`
        : actor.via === 'slack'
          ? t`in Slack`
          : t`in Teams`;
    case 'operator':
      return t`on the command line`;
    case 'system':
      return t`automatically`;
    default:
      return unreachable(actor);
  }
}
