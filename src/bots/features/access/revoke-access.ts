/** Revoke…: confirms once more, then begins the removal. */
import { compact } from '../../../core/compact.ts';
import { t } from '../../../core/translate.ts';
import { beginRemoval } from '../../../engine/access/removals/begin-removal.ts';
import { howItIsRevoked } from '../../../engine/access/removals/remove-all.ts';
import {
  fullName,
  type Integration,
  isManual,
  type Person,
} from '../../../engine/people/directory.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import { formAction, sayHere, showCard } from '../../view/action.ts';
import { note, rich, strong, type Text } from '../../view/card.ts';
import type { Fields } from '../../view/form.ts';
import { refuse } from '../admins.ts';
import { askedException, exceptionFields, isGivenByRule } from '../rules/exception-fields.ts';
import { about, allowed, unlessDeleted, wasDeleted } from './allowed.ts';
import { byHandFields, byHandWish, whoDoesIt } from './by-hand-form.ts';
import { holdStyle, holdsInWords } from './hold-words.ts';
import { removalRef } from './removal-ref.ts';

export const revokeAccess = formAction({
  id: 'access.revoke',
  payload: about,
  admit: (target, turn: Turn) => allowed('revoke', target, turn),
  title: () => t`Revoke access`,
  submitLabel: () => t`Revoke`,
  tone: 'danger',

  async fields(_payload, { person, integration, ...turn }) {
    const isGiven = await isGivenByRule(turn, person, integration);
    const fields: Fields = {
      ...(isGiven ? exceptionFields() : {}),
      ...(isManual(integration) ? byHandFields() : {}),
    };
    const how = await howItIsRevoked(turn.stores, person, integration);
    return {
      title: t`Revoke ${integration.name}`,
      intro: compact([
        whatFollows(person, integration, how),
        isManual(integration) && (await whoDoesIt(person, integration, turn.stores)),
        ...(await knownNow(person, integration, turn)),
      ]),
      fields,
    };
  },

  async submit(values, _payload, { person, integration, ...turn }) {
    const asked = askedException(values, turn);
    if (!asked.ok) return { kind: 'invalid', errors: asked.errors };
    const removing = {
      ...byHandWish(isManual(integration) ? values : {}),
      exception: asked.exception,
      person,
      integration,
      cause: { kind: 'revoked' },
      actor: actorOf(turn),
    } as const;
    const begun = await unlessDeleted(integration, turn, (tx) => beginRemoval(tx, removing));
    if (begun.kind === 'deleted') return refuse(wasDeleted());
    return begun.kind === 'nothing'
      ? sayHere(
          note(
            t`${integration.name} is no longer being granted to ${fullName(person)}`,
            t`Nothing had been granted yet, so there's nothing to remove. The task was cancelled.`,
          ),
        )
      : showCard(removalRef(begun.removal.id));
  },
});

function whatFollows(
  person: Person,
  integration: Integration,
  how: Awaited<ReturnType<typeof howItIsRevoked>>,
): Text {
  const [whom, app] = [strong(fullName(person)), strong(integration.name)];
  if (isManual(integration)) return rich`This revokes ${app} from ${whom} (${person.email}).`;
  return how === 'by-hand'
    ? rich`This creates a task to remove ${app} from ${whom} (${person.email}).`
    : rich`This revokes ${app} from ${whom} (${person.email}). Data the app deletes can't be restored by granting again.`;
}

/** What ends by it, what is known of the access, and that it makes an exception where a rule grants it. */
export async function knownNow(
  person: Person,
  integration: Integration,
  turn: Turn,
): Promise<readonly Text[]> {
  const { stores } = turn;
  const holds = await stores.holds.openAt(person.id, integration.id);
  const access = await stores.access.find(person.id, integration.id);
  const style = await holdStyle(holds, turn);
  return compact([
    holds.length > 0 && [t`Reason for the access: ${holdsInWords(holds, style)}.`],
    access?.state === 'none' && [t`${fullName(person)} has no access to it on record.`],
    (await isGivenByRule(turn, person, integration)) && [
      t`A rule grants it. So that the rule doesn't grant it again, this makes an exception for ${fullName(person)}.`,
    ],
  ]);
}
