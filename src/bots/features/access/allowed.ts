/**
 * Whether the actor may change a person's access. Checked with current permissions when a form opens and when it is sent.
 * A refusal is shown to the actor and kept in the audit log.
 */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import type { HeldAnswers } from '../../../engine/access/held-answers.ts';
import { type AccessChange, changeWords, mayChange } from '../../../engine/access/may-change.ts';
import { sayWhoKeeps } from '../../../engine/access/removals/keep-paused.ts';
import {
  fullName,
  type Integration,
  type Person,
  type PersonAtApp,
} from '../../../engine/people/directory.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import type { Turn } from '../../live/context.ts';
import type { OrRefused, Reply } from '../../view/action.ts';
import { type Card, note } from '../../view/card.ts';
import { auditRefusal, refuse } from '../admins.ts';
import { noteToAsk, withoutRight } from '../whom-to-ask.ts';

/** Someone else has to approve before this is kept. @param held what the person has now */
export async function refuseToKeep(
  held: Pick<HeldAnswers, 'options'>,
  { person, integration }: PersonAtApp,
  turn: Turn,
): Promise<Reply> {
  const ids = { personId: person.id, integrationId: integration.id };
  await auditRefusal(() => t`keep this`, turn, ids);
  const who = sayWhoKeeps(held, person, integration);
  return refuse(await noteToAsk(t`You can't keep this`, who, turn));
}

export const about = z.object({ personId: z.string(), integrationId: z.string() });
export type AccessRef = z.infer<typeof about>;

export async function allowed(
  what: AccessChange,
  { personId, integrationId }: AccessRef,
  turn: Turn,
): Promise<OrRefused<PersonAtApp>> {
  const { actor } = turn;
  const [person, integration] = await Promise.all([
    turn.stores.people.find(personId),
    turn.stores.integrations.find(integrationId),
  ]);
  if (!person || !integration) return { refused: wasDeleted() };
  const found = mayChange(what, actor, { person, integration });
  switch (found) {
    case 'allowed':
      return { person, integration };
    case 'gone':
      return { refused: wasDeleted() };
    case 'left':
      return { refused: hasLeft(person) };
    case 'off':
      return { refused: turnedOff(integration) };
    case 'only-admins':
    case 'not-theirs':
      await auditRefusal(() => changeWords(what), turn, { personId, integrationId });
      return {
        refused:
          found === 'only-admins'
            ? await onlyByRequest(integration, turn)
            : await notTheirs(what, turn),
      };
    default:
      return unreachable(found);
  }
}

/** Does the work of a submitted form or a press, unless its app has been deleted since that was allowed. */
export async function unlessDeleted<T>(
  { id }: Integration,
  { transact }: Pick<Turn, 'transact'>,
  work: (tx: Transaction) => Promise<T>,
): Promise<T | { readonly kind: 'deleted' }> {
  return transact(async (tx) => {
    const integration = await tx.integrations.find(id);
    return integration && !integration.deletedAt ? work(tx) : { kind: 'deleted' };
  });
}

export const wasDeleted = (): Card =>
  note(t`This no longer exists`, t`The person or the integration was deleted.`);

/** No button can grant anything to someone who has left. */
export const hasLeft = (person: Person): Card =>
  note(
    t`${fullName(person)} has left`,
    t`People who have left can't be granted access. If they're back, a Latchkey admin can reactivate them on their card.`,
  );

const turnedOff = ({ name }: Integration): Card =>
  note(t`${name} is turned off`, t`It can't be granted until an admin turns it on again.`);

const cannot = (): Readonly<Record<AccessChange, string>> => ({
  grant: t`You can't grant this`,
  revoke: t`You can't revoke this`,
  retry: t`You can't retry this`,
  cancel: t`You can't cancel this`,
});

const notTheirs = (what: AccessChange, turn: Turn): Promise<Card> =>
  withoutRight(cannot()[what], what === 'cancel' ? 'revoke' : what, turn);

const onlyByRequest = async ({ name }: Integration, turn: Turn): Promise<Card> =>
  noteToAsk(
    t`You can't grant ${name} yourself`,
    t`Only Latchkey admins can grant it. Nothing changed.`,
    turn,
  );
