/** The audit log in words: what each entry says was done. */
import { unreachable } from '../core/unreachable.ts';
import type { Actor, AuditEntry } from './directory.ts';

/** Every kind of entry; what isn't here is shown by its own name. */
const words: Readonly<Record<string, string>> = {
  'grant.started': 'started a grant',
  'revoke.started': 'started a revoke',
  'revoke.follows': 'asked for a revoke after the grant in flight',
  'revoke.refused': 'could not revoke',
  'run.succeeded': 'finished a run',
  'run.failed': 'failed a run',
  'run.blocked': 'stopped a run at its condition',
  'run.retrying': 'failed a run, which is tried again',
  'run.cancelled': 'cancelled a run',
  'run.retry-now': 'tried a run again',
  'request.made': 'asked for access',
  'request.counted': 'approved, with others to come',
  'request.approved': 'approved a request',
  'request.denied': 'denied a request',
  'request.withdrawn': 'withdrew a request',
  'request.expired': 'ended a request that nobody decided',
  'request.cancelled': 'ended a request',
  'request.escalated': 'let admins decide a request, too',
  'task.opened': 'opened a task',
  'task.done': 'did a task',
  'task.cancelled': 'cancelled a task',
  'task.reassigned': 'gave a task to somebody else',
  'sequence.made': 'made a sequence',
  'sequence.changed': 'changed a sequence',
  'sequence.deleted': 'deleted a sequence',
  'sequence.assigned': 'gave somebody a sequence',
  'sequence.moved': 'moved an item of a sequence',
  'sequence.fired': 'did an item of a sequence',
  'sequence.failed': 'could not do an item of a sequence',
  'sequence.skipped': 'skipped an item of a sequence',
  'sequence.cancelled': 'cancelled an item of a sequence',
  'offboarding.planned': 'planned a last day',
  'offboarding.started': 'began an offboarding',
  'offboarding.done': 'finished an offboarding',
  'offboarding.cancelled': 'cancelled an offboarding',
  'review.started': 'started an access review',
  'review.kept': 'kept access in a review',
  'review.revoked': 'revoked access in a review',
  'review.closed': 'closed an access review',
  'delegation.set': 'named who stands in',
  'delegation.ended': 'ended a stand-in',
  'integration.added': 'added an integration',
  'integration.saved': 'saved a manifest',
  'integration.renamed': 'renamed an integration',
  'integration.settings': 'changed the settings of an integration',
  'integration.on': 'turned an integration on',
  'integration.off': 'turned an integration off',
  'integration.deleted': 'deleted an integration',
  'secrets.set': 'set secrets',
  'sequence.starts': 'said when a sequence starts by itself',
  'hook.added': 'added a webhook',
  'hook.changed': 'changed a webhook',
  'hook.on': 'turned a webhook on',
  'hook.off': 'turned a webhook off',
  'hook.rotated': 'replaced the secret of a webhook',
  'hook.overlap-ended': 'ended the old secret of a webhook',
  'hook.revealed': 'saw the secret of a webhook',
  'hook.deleted': 'deleted a webhook',
  'oauth.connected': 'connected an integration',
  'oauth.reconnect': 'lost the connection of an integration',
  'manifest.tried': 'tried a manifest',
  'person.added': 'added a person',
  'person.changed': 'changed a person',
  'person.role': 'changed a role',
  'person.deactivated': 'deactivated a person',
  'person.reactivated': 'reactivated a person',
  'person.erasing': 'had a person erased',
  'person.erased': 'erased a person',
  'people.import': 'began an import of people',
  'people.imported': 'imported people',
  'people.import-stopped': 'stopped an import of people',
  'sync.started': 'began an import',
  'sync.approved': 'let an import add people',
  'sync.cancelled': 'stopped an import',
  'sync.done': 'imported people',
  'sync.ignored': 'left people out of imports for good',
  'sync.unignored': 'let imports add somebody again',
  'joins.ignored': 'decided not to add who had joined',
  'identity.linked': 'linked a chat user',
  'identity.unlinked': 'unlinked a chat user',
  'link.refused': 'was refused at a link',
  'delivery.revealed': 'opened a message that is shown once',
  'settings.changed': 'changed settings',
  'settings.notices': 'chose where notices go',
  'setup.key-copied': 'said that the encryption key is backed up',
  'export.made': 'took a file out',
  refused: 'was refused',
};

export const whatWords = (what: string): string => words[what] ?? what;

/** Kinds of entries that one may look for: the first part of their name, in words. */
export const auditKinds: Readonly<Record<string, string>> = {
  grant: 'Grants',
  revoke: 'Revokes',
  run: 'Runs',
  request: 'Requests and decisions',
  task: 'Tasks',
  sequence: 'Sequences',
  offboarding: 'Offboardings',
  delegation: 'Absences',
  review: 'Access reviews',
  integration: 'Integrations',
  secrets: 'Secrets',
  oauth: 'Connections',
  person: 'People and roles',
  people: 'Imports of people',
  joins: 'Who joined',
  sync: 'Imports',
  identity: 'Chat users',
  settings: 'Settings',
  manifest: 'Tries of manifests',
  link: 'Links',
  delivery: 'Messages that are shown once',
  export: 'Files taken out',
  refused: 'Refusals',
};

/** What else an entry says, as `name: value` pairs. Ids are left to the export. */
export const detailWords = ({ detail }: AuditEntry): string =>
  Object.entries(detail ?? {})
    .filter(([name]) => !name.endsWith('Id'))
    .map(([name, value]) => `${inWords(name)}: ${value}`)
    .join(', ');

/** `dueDate`: `due date`. */
const inWords = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** From where it was done. */
export function viaWords(actor: Actor): string {
  switch (actor.kind) {
    case 'person':
      return actor.via === 'web'
        ? 'on a web page'
        : actor.via === 'slack'
          ? 'in Slack'
          : 'in Teams';
    case 'operator':
      return 'on the command line';
    case 'system':
      return 'by itself';
    default:
      return unreachable(actor);
  }
}
