/** Revoke…: asks once more, then takes the access away. */
import { say } from '../../core/say.ts';
import { unreachable } from '../../core/unreachable.ts';
import { revokeByHand } from '../../engine/by-hand.ts';
import { fullName, type Integration, isManual, type Person } from '../../engine/directory.ts';
import { startRevoke } from '../../engine/grant.ts';
import { formAction, type Reply } from '../view/action.ts';
import { note } from '../view/card.ts';
import type { Fields } from '../view/form.ts';
import { about, allowed } from './allowed.ts';
import { askingAndShown } from './asking.ts';
import { byHandFields, readByHand, whoDoesIt } from './by-hand-form.ts';
import { actorOf, type Turn } from './context.ts';
import { runRef } from './run-ref.ts';
import { taskCard } from './task-card.ts';

export const revokeAccess = formAction({
  id: 'access.revoke',
  payload: about,
  title: () => say`Revoke access`,
  submitLabel: () => say`Revoke`,
  tone: 'danger',

  async fields(target, turn: Turn) {
    const { person, integration, refused } = await allowed('revoke', target, turn);
    if (refused) return { refused };
    const access = await turn.stores.access.find(person.id, integration.id);
    const fields: Fields = isManual(integration) ? byHandFields() : {};
    return {
      title: say`Revoke ${integration.name}`,
      intro: [
        [
          { kind: 'strong', text: fullName(person) },
          say` (${person.email}) loses `,
          { kind: 'strong', text: integration.name },
          isManual(integration)
            ? '.'
            : say`. What that deletes there is not brought back by granting it again.`,
        ],
        ...(isManual(integration) ? [[await whoDoesIt(person, integration, turn.stores)]] : []),
        ...(access?.state === 'none'
          ? [[say`As far as Latchkey knows, ${fullName(person)} has no access to it any more.`]]
          : []),
      ],
      fields,
    };
  },

  async submit(values, target, turn) {
    const { person, integration, refused } = await allowed('revoke', target, turn);
    if (refused) return { kind: 'say', to: 'here', card: refused };
    if (isManual(integration)) return askSomebody(person, integration, readByHand(values), turn);
    const started = await turn.transact((tx) =>
      startRevoke(tx, { actor: actorOf(turn), person, integration }, turn),
    );
    return started.kind === 'refused'
      ? { kind: 'say', to: 'here', card: note(say`Nothing was revoked`, started.why) }
      : { kind: 'show', card: runRef(started.run.id) };
  },
});

/** At a manual integration: whoever does it by hand gets a task. */
async function askSomebody(
  person: Person,
  integration: Integration,
  wish: ReturnType<typeof readByHand>,
  turn: Turn,
): Promise<Reply> {
  const asked = await turn.transact((tx) =>
    revokeByHand(tx, { ...wish, actor: actorOf(turn), person, integration }, askingAndShown(turn)),
  );
  switch (asked.kind) {
    case 'opened':
      return { kind: 'show', card: taskCard.with({ taskId: asked.task.id }) };
    case 'cancelled':
      return {
        kind: 'say',
        to: 'here',
        card: note(
          say`Nobody gives ${integration.name} to ${fullName(person)} any more`,
          say`It had yet to be given, so there is nothing to take away. The task for it was cancelled.`,
        ),
      };
    case 'refused':
      return { kind: 'say', to: 'here', card: note(say`Nothing was revoked`, asked.why) };
    default:
      return unreachable(asked);
  }
}
