/**
 * The audit log as OCSF events (Open Cybersecurity Schema Framework 1.3, schema.ocsf.io), for a SIEM. What OCSF has no word for
 * is in `unmapped`. Details never hold a secret, so neither do these.
 */
import { compact } from '../../core/compact.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { Actor, AuditEntry, Integration, Person } from '../people/directory.ts';
import { fullName } from '../people/directory.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { isDamagedActor } from './damaged-actor.ts';

/** Identity & Access Management. */
const CATEGORY = 3;
const ACCOUNT_CHANGE = 3001;
const ENTITY_MANAGEMENT = 3004;
const USER_ACCESS = 3005;
const OTHER = 99;

/** By the first part of an entry's name. All others are Entity Management. */
const CLASSES: Readonly<Record<string, number>> = {
  grant: USER_ACCESS,
  revoke: USER_ACCESS,
  access: USER_ACCESS,
  removal: USER_ACCESS,
  'break-glass': USER_ACCESS,
  person: ACCOUNT_CHANGE,
  identity: ACCOUNT_CHANGE,
  authenticator: ACCOUNT_CHANGE,
  token: ACCOUNT_CHANGE,
};

/** By the whole name. All others are `Other`, with the name as `activity_name`. */
const ACTIVITIES: Readonly<Record<string, number>> = {
  // User Access Management: Assign Privileges, Revoke Privileges.
  'grant.started': 1,
  'break-glass.taken': 1,
  'revoke.started': 2,
  'removal.begun': 2,
  'removal.gone': 2,
  // Account Change: Create, Enable, Disable, Delete.
  'person.added': 1,
  'person.reactivated': 2,
  'person.deactivated': 5,
  'person.erased': 6,
  // Entity Management: Create, Read, Update, Delete.
  'integration.added': 1,
  'integration.saved': 3,
  'integration.settings': 3,
  'integration.deleted': 4,
  'settings.changed': 3,
  'secrets.set': 3,
  'export.made': 2,
};

const INFORMATIONAL = 1;
const SUCCESS = 1;
const FAILURE = 2;

export interface InOcsf {
  readonly entry: AuditEntry;
  /** Its place in the sealed audit log. */
  readonly seq: number;
  readonly version: string;
  readonly person: (id: string) => Person | undefined;
  readonly integration: (id: string) => Integration | undefined;
  /** The name of an API token. */
  readonly token: (id: string) => string | undefined;
}

/** Who and what these entries name, as they are called now. */
export async function namesOfEntries(
  entries: readonly Pick<AuditEntry, 'actor' | 'personId' | 'integrationId'>[],
  { people, integrations, apiTokens }: Pick<Stores, 'people' | 'integrations' | 'apiTokens'>,
): Promise<Pick<InOcsf, 'person' | 'integration' | 'token'>> {
  const personIds = entries.flatMap(({ actor, personId }) =>
    compact([personId, actor.kind === 'person' && actor.personId]),
  );
  const integrationIds = entries.flatMap(({ integrationId }) => integrationId ?? []);
  const [persons, apps] = await Promise.all([
    people.findMany([...new Set(personIds)]),
    integrations.findMany([...new Set(integrationIds)]),
  ]);
  const byId = new Map(persons.map((each) => [each.id, each]));
  const appsById = new Map(apps.map((each) => [each.id, each]));
  const tokens = new Map<string, string>();
  for (const { actor } of entries) {
    const id = actor.kind === 'person' ? actor.tokenId : undefined;
    const token = id === undefined || tokens.has(id) ? undefined : await apiTokens.find(id);
    if (token) tokens.set(token.id, token.name);
  }
  return {
    person: (id) => byId.get(id),
    integration: (id) => appsById.get(id),
    token: (id) => tokens.get(id),
  };
}

export function ocsfOf({ entry, seq, version, ...names }: InOcsf): JsonObject {
  const { what, personId, integrationId, runId, detail } = entry;
  const classId = CLASSES[what.split('.')[0] ?? ''] ?? ENTITY_MANAGEMENT;
  const activity = ACTIVITIES[what] ?? OTHER;
  const app = integrationId === undefined ? undefined : names.integration(integrationId);
  const event: Record<string, Json> = {
    metadata: {
      version: '1.3.0',
      product: { name: 'Latchkey', vendor_name: 'Latchkey', version },
      uid: entry.id,
      sequence: seq,
      log_name: 'audit',
    },
    time: entry.at.getTime(),
    category_uid: CATEGORY,
    class_uid: classId,
    activity_id: activity,
    activity_name: what,
    type_uid: classId * 100 + activity,
    severity_id: INFORMATIONAL,
    status_id: what === 'refused' || what.endsWith('.failed') ? FAILURE : SUCCESS,
    actor: actorOf(entry.actor, names),
    unmapped: { what, ...(runId !== undefined && { run: runId }), detail: { ...detail } },
  };
  const subject = personId ?? (classId === ENTITY_MANAGEMENT ? undefined : 'unknown');
  if (subject !== undefined) event['user'] = userOf(subject, names.person);
  if (classId === USER_ACCESS) event['privileges'] = [app?.name ?? integrationId ?? 'unknown'];
  if (classId === ENTITY_MANAGEMENT)
    event['entity'] = { name: what.split('.')[0] ?? what, type: 'Latchkey' };
  if (integrationId !== undefined)
    event['resource'] = { uid: integrationId, name: app?.name ?? integrationId, type: 'app' };
  return event;
}

function actorOf(actor: Actor, { person, token }: Pick<InOcsf, 'person' | 'token'>): JsonObject {
  switch (actor.kind) {
    case 'person':
      if (actor.tokenId !== undefined)
        return {
          user: { ...userOf(actor.personId, person), credential_uid: actor.tokenId },
          app_name: `API token ${token(actor.tokenId) ?? actor.tokenId}`,
        };
      return {
        user: userOf(actor.personId, person),
        ...(!isDamagedActor(actor) && { app_name: actor.via }),
      };
    case 'operator':
      return { user: { name: actor.user, type: 'Admin' }, app_name: 'command line' };
    case 'system':
      return { app_name: 'Latchkey' };
    default:
      return unreachable(actor);
  }
}

function userOf(id: string, find: InOcsf['person']): JsonObject {
  const person = find(id);
  return person ? { uid: id, name: fullName(person), email_addr: person.email } : { uid: id };
}
