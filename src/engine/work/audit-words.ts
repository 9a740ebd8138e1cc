/** The audit log in words: what each entry reports. */
import { t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { Actor, AuditEntry } from '../people/directory.ts';

/** Every kind of entry. A kind that isn't listed is shown by its own name. */
const words = (): Readonly<Record<string, string>> => ({
  'grant.started': t`started a grant`,
  'grant.deferred': t`queued a grant behind another`,
  'revoke.started': t`started a revoke`,
  'revoke.follows': t`queued a revoke behind a running grant`,
  'revoke.refused': t`could not revoke`,
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
  'run.succeeded': t`finished a run`,
  'run.failed': t`had a run fail`,
  'run.blocked': t`stopped a run at its condition`,
  'run.retrying': t`had a run fail and will retry it`,
  'run.cancelled': t`cancelled a run`,
  'run.stopping': t`stopped a run at its next pause`,
  'run.retry-now': t`retried a run`,
  'request.made': t`requested access`,
  'request.counted': t`approved a request that needs more approvals`,
  'request.approved': t`approved a request`,
  'request.denied': t`denied a request`,
  'request.withdrawn': t`withdrew a request`,
  'request.expired': t`let a request expire with no decision`,
  'request.cancelled': t`cancelled a request`,
  'request.escalated': t`opened a request to admins for approval`,
  'bundle.made': t`created a bundle`,
  'bundle.changed': t`changed a bundle`,
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
  'offboarding.planned': t`planned a last day`,
  'offboarding.started': t`started an offboarding`,
  'offboarding.done': t`finished an offboarding`,
  'offboarding.cancelled': t`cancelled an offboarding`,
  'review.started': t`started an access review`,
  'review.kept': t`kept access in a review`,
  'review.revoked': t`revoked access in a review`,
  'review.closed': t`closed an access review`,
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
  'sync.approved': t`let an import add people`,
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
  'export.made': t`exported a file`,
  refused: t`was refused`,
});

export const whatWords = (what: string): string => words()[what] ?? what;

/** Kinds of entries to filter by: the first part of their name, in words. */
export const auditKinds = (): Readonly<Record<string, string>> => ({
  grant: t`Grants`,
  revoke: t`Revokes`,
  removal: t`Removals`,
  run: t`Activity`,
  request: t`Requests and decisions`,
  bundle: t`Bundles`,
  task: t`Tasks`,
  sequence: t`Sequences`,
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
  export: t`Exported files`,
  refused: t`Refusals`,
});

type Detail = NonNullable<AuditEntry['detail']>[string];

/**
 * The details of an entry as `name: value` pairs. Ids are left out.
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
      return shown === undefined ? [] : [`${detailNames()[name] ?? inWords(name)}: ${shown}`];
    })
    .join(', ');

/** A detail that isn't listed is shown by its own name. */
const detailNames = (): Readonly<Record<string, string>> => ({
  access: t`access`,
  added: t`added`,
  askAboutJoins: t`ask about joins`,
  before: t`before`,
  bundle: t`bundle`,
  cancelled: t`grants cancelled`,
  cause: t`cause`,
  changed: t`changed`,
  copyOf: t`copy of`,
  created: t`created`,
  dateLanguage: t`date language`,
  days: t`days`,
  droppedSecrets: t`deleted secrets`,
  peopleCleared: t`people whose values from a former integration were deleted`,
  due: t`due`,
  dueDate: t`due date`,
  email: t`email`,
  endDate: t`end date`,
  fields: t`fields`,
  file: t`file`,
  followed: t`running grants that are stopped`,
  forEveryHire: t`for every new hire`,
  fresh: t`new`,
  from: t`from`,
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
  leftOut: t`left out`,
  minutesLate: t`minutes late`,
  mode: t`mode`,
  moved: t`moved`,
  name: t`name`,
  mailDomains: t`email domains`,
  names: t`names`,
  notices: t`notices`,
  number: t`number`,
  on: t`on`,
  owns: t`owned fields`,
  people: t`people`,
  place: t`place`,
  platform: t`platform`,
  policy: t`policy`,
  proof: t`proof`,
  quietHours: t`quiet hours`,
  removed: t`removed`,
  restored: t`restored`,
  returned: t`returned`,
  role: t`role`,
  rows: t`rows`,
  schedule: t`schedule`,
  sequence: t`sequence`,
  samePerson: t`the same person`,
  storedValuesDropped: t`deleted stored values`,
  subject: t`subject`,
  takesUnconfirmed: t`unconfirmed addresses`,
  tenant: t`tenant`,
  to: t`to`,
  until: t`until`,
  update: t`update`,
  updated: t`updated`,
  wanted: t`attempted`,
  weekend: t`weekend`,
  when: t`when`,
  why: t`why`,
});

/** `dueDate`: `due date`. */
const inWords = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

export function viaWords(actor: Actor): string {
  switch (actor.kind) {
    case 'person':
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
