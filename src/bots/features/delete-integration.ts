/** Delete…: says what is lost and what isn't, and asks for the name. */
import { say } from '../../core/say.ts';
import { deleteIntegration as deleteIt } from '../../engine/change-integration.ts';
import type { Integration } from '../../engine/directory.ts';
import { type Loss, whatIsLost } from '../../engine/integration-state.ts';
import { listed } from '../../engine/policy-words.ts';
import { formAction } from '../view/action.ts';
import { note, type Text } from '../view/card.ts';
import { refuse } from './admins.ts';
import { changing } from './changing.ts';
import type { Turn } from './context.ts';
import { targetOf, targetPayload } from './integration-target.ts';
import { whatItCancels } from './turn-integration.ts';

const WHAT = () => say`delete integrations`;

export const deleteIntegration = formAction({
  id: 'integration.delete',
  payload: targetPayload,
  title: () => say`Delete an integration`,
  submitLabel: () => say`Delete`,
  tone: 'danger',

  async fields(target, turn: Turn) {
    const { integration, refused } = await targetOf(target, WHAT, turn);
    if (refused) return { refused };
    const loss = await whatIsLost(turn.stores, integration);
    return {
      intro: [
        ...lossWords(integration, loss),
        ...(loss.unfinished > 0 ? [[await whatItCancels(integration.id, turn)]] : []),
      ],
      fields: {
        name: {
          kind: 'text',
          label: say`Name of the integration`,
          hint: say`Type ${integration.name} to confirm. This can't be undone.`,
        },
      },
    };
  },

  async submit({ name }, target, turn) {
    const { integration, refused } = await targetOf(target, WHAT, turn);
    if (refused) return refuse(refused);
    if (name.trim().toLowerCase() !== integration.name.toLowerCase())
      return {
        kind: 'invalid',
        errors: { name: say`That is not its name. Type ${integration.name} to delete it.` },
      };
    await turn.transact((tx) => deleteIt(tx, integration, changing(turn)));
    return {
      kind: 'say',
      to: 'person',
      card: note(
        say`${integration.name} is deleted`,
        say`What people have at the other side is still there: take it away there if they should lose it.`,
      ),
    };
  },
});

/** What goes, and what stays at the other side. */
function lossWords({ name }: Integration, loss: Loss): readonly Text[] {
  const { has, unknown, secrets, connected, versions } = loss;
  const gone = [
    ...(versions > 0 ? [manifestWords(versions)] : []),
    ...(secrets.length > 0 ? [say`its saved secrets (${secrets.join(', ')})`] : []),
    ...(connected ? [say`its connection`] : []),
    say`its settings`,
    ...(has + unknown > 0 ? [say`what is known of who has access`] : []),
  ];
  const people = has === 1 ? say`1 person has` : say`${has} people have`;
  const maybe = unknown === 0 ? '' : say`, and ${unknown} may have it`;
  return [
    [
      say`Deleting `,
      { kind: 'strong', text: name },
      say` loses ${listed(gone, 'and')}. The history of its runs stays.`,
    ],
    has + unknown > 0
      ? [
          {
            kind: 'strong',
            text: say`${people} access${maybe}, as far as Latchkey knows: deleting takes it from nobody. `,
          },
          say`Revoke it first where people should lose it; afterwards only the other side can.`,
        ]
      : [say`As far as Latchkey knows, nobody has access to it. Deleting takes it from nobody.`],
  ];
}

const manifestWords = (versions: number): string =>
  versions === 1 ? say`its manifest with 1 version` : say`its manifest with ${versions} versions`;
