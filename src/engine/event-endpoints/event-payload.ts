/** What is sent of an event: `{ type, timestamp, data }`, made at each try of the entry as it is by then. */
import type { Json, JsonObject } from '../../core/json.ts';
import { unreachable } from '../../core/unreachable.ts';
import {
  type Actor,
  type AuditEntry,
  fullName,
  type Integration,
  type Person,
} from '../people/directory.ts';
import type { Stores } from '../ports/unit-of-work.ts';
import { isDamagedActor } from '../work/damaged-actor.ts';
import { namesOfEntries, ocsfOf } from '../work/ocsf.ts';
import type { EventDelivery, EventEndpoint } from './event-endpoint.ts';
import { AUDIT, type EventBy, type EventPerson, kindsOf, TEST } from './event-kinds.ts';

interface Names {
  readonly person: (id: string) => Person | undefined;
  readonly integration: (id: string) => Integration | undefined;
}

export interface PayloadDeps {
  readonly stores: Pick<Stores, 'auditChain' | 'people' | 'integrations' | 'apiTokens'>;
  /** Latchkey's own. */
  readonly version: string;
}

/** @returns the body for each delivery; none where the audit log no longer has its entry */
export async function bodiesOf(
  deliveries: readonly EventDelivery[],
  endpoint: Pick<EventEndpoint, 'name'>,
  { stores, version }: PayloadDeps,
): Promise<ReadonlyMap<string, string>> {
  const entries = new Map<number, AuditEntry>();
  for (const { seq } of deliveries) {
    if (seq === undefined || entries.has(seq)) continue;
    const [found] = await stores.auditChain.entriesAfter(seq - 1, 1);
    if (found?.seq === seq) entries.set(seq, found.entry);
  }
  const names = await namesOfEntries([...entries.values()], stores);
  const bodies = new Map<string, string>();
  for (const { id, kind, seq, at } of deliveries) {
    const entry = seq === undefined ? undefined : entries.get(seq);
    const data =
      kind === TEST
        ? { endpoint: endpoint.name }
        : entry && seq !== undefined
          ? kind === AUDIT
            ? ocsfOf({ entry, seq, version, ...names })
            : thinData(kind, entry, names)
          : undefined;
    if (data) bodies.set(id, JSON.stringify({ type: kind, timestamp: at.toISOString(), data }));
  }
  return bodies;
}

/** What the kind's schema names of it. */
function thinData(kind: string, entry: AuditEntry, names: Names): JsonObject | undefined {
  const { actor, personId, integrationId, runId, detail = {} } = entry;
  const app = integrationId === undefined ? undefined : names.integration(integrationId);
  const all: Record<string, Json | undefined> = {
    by: byOf(actor, names),
    person: personId === undefined ? undefined : personOf(personId, names),
    app:
      integrationId === undefined
        ? undefined
        : { id: integrationId, ...(app && { name: app.name }) },
    run: runId,
    request: idIn(detail['requestId']),
    removal: idIn(detail['removalId']),
    task: idIn(detail['taskId']),
    review: idIn(detail['reviewId']),
    offboarding: idIn(detail['offboardingId']),
    finding: idIn(detail['findingId']),
  };
  const schema = kindsOf(entry.what).find((each) => each.kind === kind)?.data;
  return schema?.safeParse(all).data as JsonObject | undefined; // The schema names objects of texts only.
}

const idIn = (value: string | number | boolean | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined;

function personOf(id: string, { person }: Names): EventPerson {
  const found = person(id);
  return found ? { id, name: fullName(found), email: found.email } : { id };
}

function byOf(actor: Actor, names: Names): EventBy {
  switch (actor.kind) {
    case 'person':
      return {
        kind: 'person',
        ...personOf(actor.personId, names),
        ...(!isDamagedActor(actor) && { via: actor.via }),
        ...(actor.tokenId !== undefined && { token: actor.tokenId }),
      };
    case 'operator':
      return { kind: 'operator', user: actor.user };
    case 'system':
      return { kind: 'system' };
    default:
      return unreachable(actor);
  }
}
