/** What a request is about, where the owner of the token may request it: for `POST /requests`, and for what MCP prepares. */
import { t } from '../../core/translate.ts';
import type { Hold } from '../../engine/access/hold.ts';
import { holdToExtend } from '../../engine/access/holds.ts';
import { manifestOf } from '../../engine/integrations/manifest-of.ts';
import type { Manifest } from '../../engine/manifest/schema.ts';
import {
  type AccessIds,
  type Actor,
  type Integration,
  isManual,
  type Person,
} from '../../engine/people/directory.ts';
import { noteRefusal, type RefusedFor } from '../../engine/people/note-refusal.ts';
import { mayAt, mayRequestFor, maySee } from '../../engine/people/permission.ts';
import type { Transaction } from '../../engine/ports/unit-of-work.ts';
import { isRequestable } from '../../engine/requests/requestable.ts';
import type { Turn } from './endpoint.ts';
import { notFound, type Problem } from './problems.ts';

type RequestToMake =
  | {
      readonly kind: 'asked';
      readonly person: Person;
      readonly integration: Integration;
      /** What they have, which the request extends. Undefined where there is none. */
      readonly hold: Hold | undefined;
      /** What it asks; an extension asks nothing. */
      readonly form: Pick<Manifest, 'form' | 'extraUserInfo'>;
    }
  | { readonly kind: 'problem'; readonly problem: Problem }
  | { readonly kind: 'not-allowed'; readonly about: AccessIds; readonly isSeen: boolean };

/** @param personId whom it is for. Left out: the owner of the token */
export async function askedRequest(
  {
    personId,
    integrationId,
  }: { readonly personId?: string | undefined; readonly integrationId: string },
  { stores, reader }: Pick<Turn, 'stores' | 'reader'>,
): Promise<RequestToMake> {
  const [person, integration] = await Promise.all([
    stores.people.find(personId ?? reader.id),
    stores.integrations.find(integrationId),
  ]);
  if (!person || !integration) return nothing;
  if (!mayRequestFor(reader, person))
    return {
      kind: 'not-allowed',
      about: { personId: person.id, integrationId },
      isSeen: maySee(reader, person),
    };
  if (!(await isRequestable(stores, person, integration)) && !mayAt(reader, 'see app', integration))
    return nothing;
  const hold = await holdToExtend(stores, person.id, integration.id);
  const manifest = await manifestOf(stores, integration);
  if (!isManual(integration) && manifest?.kind !== 'provision') {
    const detail = `${integration.name} does not grant access now.`;
    return { kind: 'problem', problem: { kind: 'conflict', detail } };
  }
  const form = hold || !manifest ? { form: [], extraUserInfo: [] } : manifest;
  return { kind: 'asked', person, integration, hold, form };
}

const nothing: RequestToMake = { kind: 'problem', problem: notFound };

/** In the audit log, as in chat. */
export async function noteNotAllowed(
  tx: Transaction,
  { about, isSeen }: { readonly about: RefusedFor; readonly isSeen: boolean },
  actor: Actor,
): Promise<Problem> {
  await noteRefusal(tx, { actor, wanted: () => t`request access for someone else` }, about);
  return isSeen
    ? { kind: 'not-allowed', detail: 'You may not request access for this person.' }
    : notFound;
}
