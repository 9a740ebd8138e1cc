/** The audit log in words: what each entry says was done. */
import { say } from '../core/say.ts';
import { unreachable } from '../core/unreachable.ts';
import type { Actor, AuditEntry } from './directory.ts';

/** Every kind of entry; what isn't here is shown by its own name. */
const words = (): Readonly<Record<string, string>> => ({
  'grant.started': say`started a grant`,
  'grant.deferred': say`asked for a grant that waits for another`,
  'revoke.started': say`started a revoke`,
  'revoke.follows': say`asked for a revoke after the grant in flight`,
  'revoke.refused': say`could not revoke`,
  'run.succeeded': say`finished a run`,
  'run.failed': say`failed a run`,
  'run.blocked': say`stopped a run at its condition`,
  'run.retrying': say`failed a run, which is tried again`,
  'run.cancelled': say`cancelled a run`,
  'run.retry-now': say`tried a run again`,
  'request.made': say`asked for access`,
  'request.counted': say`approved, with others to come`,
  'request.approved': say`approved a request`,
  'request.denied': say`denied a request`,
  'request.withdrawn': say`withdrew a request`,
  'request.expired': say`ended a request that nobody decided`,
  'request.cancelled': say`ended a request`,
  'request.escalated': say`let admins decide a request, too`,
  'task.opened': say`opened a task`,
  'task.done': say`did a task`,
  'task.cancelled': say`cancelled a task`,
  'task.reassigned': say`gave a task to somebody else`,
  'sequence.made': say`made a sequence`,
  'sequence.changed': say`changed a sequence`,
  'sequence.deleted': say`deleted a sequence`,
  'sequence.assigned': say`gave somebody a sequence`,
  'sequence.moved': say`moved an item of a sequence`,
  'sequence.fired': say`did an item of a sequence`,
  'sequence.failed': say`could not do an item of a sequence`,
  'sequence.skipped': say`skipped an item of a sequence`,
  'sequence.cancelled': say`cancelled an item of a sequence`,
  'offboarding.planned': say`planned a last day`,
  'offboarding.started': say`began an offboarding`,
  'offboarding.done': say`finished an offboarding`,
  'offboarding.cancelled': say`cancelled an offboarding`,
  'review.started': say`started an access review`,
  'review.kept': say`kept access in a review`,
  'review.revoked': say`revoked access in a review`,
  'review.closed': say`closed an access review`,
  'delegation.set': say`named who stands in`,
  'delegation.ended': say`ended a stand-in`,
  'integration.added': say`added an integration`,
  'integration.saved': say`saved a manifest`,
  'integration.renamed': say`renamed an integration`,
  'integration.settings': say`changed the settings of an integration`,
  'integration.on': say`turned an integration on`,
  'integration.off': say`turned an integration off`,
  'integration.deleted': say`deleted an integration`,
  'secrets.set': say`set secrets`,
  'sequence.starts': say`said when a sequence starts by itself`,
  'hook.added': say`added a webhook`,
  'hook.changed': say`changed a webhook`,
  'hook.on': say`turned a webhook on`,
  'hook.off': say`turned a webhook off`,
  'hook.rotated': say`replaced the secret of a webhook`,
  'hook.overlap-ended': say`ended the old secret of a webhook`,
  'hook.revealed': say`saw the secret of a webhook`,
  'hook.deleted': say`deleted a webhook`,
  'oauth.connected': say`connected an integration`,
  'oauth.reconnect': say`lost the connection of an integration`,
  'manifest.tried': say`tried a manifest`,
  'person.added': say`added a person`,
  'person.changed': say`changed a person`,
  'person.role': say`changed a role`,
  'person.deactivated': say`deactivated a person`,
  'person.reactivated': say`reactivated a person`,
  'person.erasing': say`had a person erased`,
  'person.erased': say`erased a person`,
  'fact.typed': say`entered a fact that the person has to confirm`,
  'fact.entered': say`entered facts about a person`,
  'fact.confirmed': say`confirmed a fact about a person`,
  'fact.rejected': say`rejected a fact about a person`,
  'fact.removed': say`removed facts about a person`,
  'fact.expired': say`dropped a fact that was not confirmed in time`,
  'people.import': say`began an import of people`,
  'people.imported': say`imported people`,
  'people.import-stopped': say`stopped an import of people`,
  'sync.started': say`began an import`,
  'sync.approved': say`let an import add people`,
  'sync.cancelled': say`stopped an import`,
  'sync.done': say`imported people`,
  'sync.ignored': say`left people out of imports for good`,
  'sync.unignored': say`let imports add somebody again`,
  'joins.ignored': say`decided not to add who had joined`,
  'identity.linked': say`linked a chat user`,
  'identity.unlinked': say`unlinked a chat user`,
  'link.refused': say`was refused at a link`,
  'delivery.sent-again': say`had a text sent again`,
  'delivery.revealed': say`opened a message that is shown once`,
  'settings.changed': say`changed settings`,
  'settings.notices': say`chose where notices go`,
  'setup.key-copied': say`said that the encryption key is backed up`,
  'export.made': say`took a file out`,
  refused: say`was refused`,
});

export const whatWords = (what: string): string => words()[what] ?? what;

/** Kinds of entries that one may look for: the first part of their name, in words. */
export const auditKinds = (): Readonly<Record<string, string>> => ({
  grant: say`Grants`,
  revoke: say`Revokes`,
  run: say`Runs`,
  request: say`Requests and decisions`,
  task: say`Tasks`,
  sequence: say`Sequences`,
  offboarding: say`Offboardings`,
  delegation: say`Absences`,
  review: say`Access reviews`,
  integration: say`Integrations`,
  secrets: say`Secrets`,
  oauth: say`Connections`,
  person: say`People and roles`,
  fact: say`Facts about people`,
  people: say`Imports of people`,
  joins: say`Who joined`,
  sync: say`Imports`,
  identity: say`Chat users`,
  settings: say`Settings`,
  manifest: say`Tries of manifests`,
  link: say`Links`,
  delivery: say`Messages shown once or sent again`,
  export: say`Files taken out`,
  refused: say`Refusals`,
});

/** What else an entry says, as `name: value` pairs. Ids are left to the export. */
export const detailWords = ({ detail }: AuditEntry): string =>
  Object.entries(detail ?? {})
    .filter(([name]) => !name.endsWith('Id'))
    .map(([name, value]) => `${detailNames()[name] ?? inWords(name)}: ${value}`)
    .join(', ');

/** What isn't here is shown by its own name. */
const detailNames = (): Readonly<Record<string, string>> => ({
  added: say`added`,
  askAboutJoins: say`ask about joins`,
  before: say`before`,
  cancelled: say`grants cancelled`,
  changed: say`changed`,
  copyOf: say`copy of`,
  created: say`created`,
  dateLanguage: say`date language`,
  days: say`days`,
  droppedSecrets: say`dropped secrets`,
  due: say`due`,
  dueDate: say`due date`,
  email: say`email`,
  endDate: say`end date`,
  fields: say`fields`,
  file: say`file`,
  followed: say`grants in flight that a revoke follows`,
  forEveryHire: say`for every hire`,
  fresh: say`fresh`,
  from: say`from`,
  holidays: say`holidays`,
  hook: say`hook`,
  how: say`how`,
  import: say`import`,
  importMostPeople: say`import most people`,
  importMostPercent: say`import most percent`,
  item: say`item`,
  items: say`items`,
  kind: say`kind`,
  leftOut: say`left out`,
  minutesLate: say`minutes late`,
  mode: say`mode`,
  moved: say`moved`,
  name: say`name`,
  names: say`names`,
  notices: say`notices`,
  number: say`number`,
  on: say`on`,
  people: say`people`,
  place: say`place`,
  platform: say`platform`,
  policy: say`policy`,
  quietHours: say`quiet hours`,
  removed: say`removed`,
  restored: say`restored`,
  returned: say`returned`,
  role: say`role`,
  rows: say`rows`,
  schedule: say`schedule`,
  sequence: say`sequence`,
  storedValuesDropped: say`stored values dropped`,
  subject: say`subject`,
  takesUnconfirmed: say`addresses that are not confirmed`,
  tenant: say`tenant`,
  to: say`to`,
  until: say`until`,
  update: say`update`,
  updated: say`updated`,
  wanted: say`wanted`,
  weekend: say`weekend`,
  when: say`when`,
  why: say`why`,
});

/** `dueDate`: `due date`. */
const inWords = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** From where it was done. */
export function viaWords(actor: Actor): string {
  switch (actor.kind) {
    case 'person':
      return actor.via === 'web'
        ? say`on a web page`
        : actor.via === 'slack'
          ? say`in Slack`
          : say`in Teams`;
    case 'operator':
      return say`on the command line`;
    case 'system':
      return say`by itself`;
    default:
      return unreachable(actor);
  }
}
