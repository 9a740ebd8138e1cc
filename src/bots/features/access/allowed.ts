/**
 * Whether the actor may change a person's access. Checked with current permissions when a form opens and when it is sent.
 * A refusal is shown to the actor and kept in the audit log.
 */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { fullName, type Integration, type Person } from '../../../engine/people/directory.ts';
import { may, mayGrant, mayManage } from '../../../engine/people/permission.ts';
import type { Turn } from '../../live/context.ts';
import { type Card, note } from '../../view/card.ts';
import { auditRefusal } from '../admins.ts';

export const about = z.object({ personId: z.string(), integrationId: z.string() });
export type AccessRef = z.infer<typeof about>;

export type Allowed =
  | { readonly person: Person; readonly integration: Integration; readonly refused?: undefined }
  | { readonly person?: undefined; readonly integration?: undefined; readonly refused: Card };

type What = 'grant' | 'revoke' | 'retry' | 'cancel';

export async function allowed(
  what: What,
  { personId, integrationId }: AccessRef,
  turn: Turn,
): Promise<Allowed> {
  const { actor } = turn;
  const [person, integration] = await Promise.all([
    turn.stores.people.find(personId),
    turn.stores.integrations.find(integrationId),
  ]);
  // A run of a deleted integration may still be revoking access, so Retry and Cancel stay possible.
  if (!person || !integration || (integration.deletedAt && what !== 'retry' && what !== 'cancel'))
    return {
      refused: note(t`This no longer exists`, t`The person or the integration was deleted.`),
    };
  const manages = mayManage(actor, person);
  const isAllowed = mayDo(what, actor, { person, integration });
  if (isAllowed && what === 'grant' && !person.active) return { refused: hasLeft(person) };
  if (isAllowed && what === 'grant' && !integration.enabled)
    return { refused: turnedOff(integration) };
  if (isAllowed) return { person, integration };
  await auditRefusal(() => what, turn, { personId, integrationId });
  return { refused: manages ? onlyByRequest(integration) : notTheirs(what) };
}

function mayDo(
  what: What,
  actor: Person,
  { person, integration }: { readonly person: Person; readonly integration: Integration },
): boolean {
  if (what === 'grant') return mayGrant(actor, person, integration);
  return what === 'retry' ? may(actor, 'retry', person) : mayManage(actor, person);
}

/** No button can grant anything to someone who has left. */
export const hasLeft = (person: Person): Card =>
  note(
    t`${fullName(person)} has left`,
    t`People who have left can't be granted access. If they're back, a Latchkey admin can reactivate them on their card.`,
  );

const turnedOff = ({ name }: Integration): Card =>
  note(t`${name} is turned off`, t`It can't be granted until an admin turns it on again.`);

const cannot = (): Readonly<Record<What, string>> => ({
  grant: t`You can't grant this`,
  revoke: t`You can't revoke this`,
  retry: t`You can't retry this`,
  cancel: t`You can't cancel this`,
});

const notTheirs = (what: What): Card =>
  note(
    cannot()[what],
    t`Only this person's manager and Latchkey admins can. Nothing changed; ask one of them.`,
  );

const onlyByRequest = ({ name }: Integration): Card =>
  note(
    t`You can't grant ${name} yourself`,
    t`Only Latchkey admins can grant it. Nothing changed; ask one of them.`,
  );
