/** Revoke…: asks once more, then takes the access away. */
import { fullName } from '../../engine/directory.ts';
import { startRevoke } from '../../engine/grant.ts';
import { formAction } from '../view/action.ts';
import { note } from '../view/card.ts';
import { about, allowed } from './allowed.ts';
import { actorOf, type Turn } from './context.ts';
import { runCard } from './run-card.ts';

export const revokeAccess = formAction({
  id: 'access.revoke',
  payload: about,
  title: 'Revoke access',
  submitLabel: 'Revoke',
  tone: 'danger',

  async fields(target, turn: Turn) {
    const { person, integration, refused } = await allowed('revoke', target, turn);
    if (refused) return { refused };
    const access = await turn.stores.access.find(person.id, integration.id);
    return {
      title: `Revoke ${integration.name}`,
      intro: [
        [
          { kind: 'strong', text: fullName(person) },
          ` (${person.email}) loses `,
          { kind: 'strong', text: integration.name },
          '. What that deletes there is not brought back by granting it again.',
        ],
        ...(access?.state === 'none'
          ? [[`As far as Latchkey knows, ${fullName(person)} has no access to it any more.`]]
          : []),
      ],
      fields: {},
    };
  },

  async submit(_values, target, turn) {
    const { person, integration, refused } = await allowed('revoke', target, turn);
    if (refused) return { kind: 'say', to: 'here', card: refused };
    const started = await turn.transact((tx) =>
      startRevoke(tx, { actor: actorOf(turn), person, integration }, turn),
    );
    return started.kind === 'refused'
      ? { kind: 'say', to: 'here', card: note('Nothing was revoked', started.why) }
      : { kind: 'show', card: runCard.with({ runId: started.run.id }) };
  },
});
