/** An item of a sequence that grants or revokes: an admin picks the integration, then fills in its form as for a grant. */
import { z } from 'zod';
import { hasWords } from '../../../core/fold.ts';
import { plural, sayNumber, t } from '../../../core/translate.ts';
import { provisioningIntegrations } from '../../../engine/access/access-overview.ts';
import { isManual, labelOf } from '../../../engine/people/directory.ts';
import type { RunInputs } from '../../../engine/runs/run.ts';
import type { Turn } from '../../live/context.ts';
import { formAction } from '../../view/action.ts';
import { type Card, muted, note, type Row, strong, withButtons } from '../../view/card.ts';
import type { Fields } from '../../view/form.ts';
import { asOfNow } from '../../view/left-alone.ts';
import { answersForAnyone, fieldsForAnyone, withAnswers } from '../access/form-for-anyone.ts';
import { refuse } from '../admins.ts';
import { searchedFor } from '../list-card.ts';
import { onPage, withPage } from '../paging.ts';
import { type SearchedPicker, searchedPicker, searchedShown } from '../search-picker.ts';
import { wordButton } from '../word-button.ts';
import { type ItemFacts, itemFor, itemTarget, saveItem } from './sequence-item-ref.ts';
import { sequenceFor } from './sequence-ref.ts';
import { readTiming, type TimingAnswers, timingFields } from './timing-fields.ts';

const effect = z.enum(['grant', 'revoke']);
const pickPayload = searchedShown.extend({ sequenceId: z.string(), does: effect });

type SequenceAppPick = z.infer<typeof pickPayload>;

const toChange = (): string => t`change sequences`;

const picker: SearchedPicker<SequenceAppPick> = searchedPicker(
  'sequence.pick-integration',
  pickPayload,
  {
    admit: sequenceFor(toChange),
    card: (shown, { sequence, ...turn }) => pickerCard(sequence.name, shown, turn),
  },
);
export const pickForSequence = picker.open;
export const searchForSequence = picker.search;

async function pickerCard(
  sequence: string,
  wanted: SequenceAppPick,
  { stores }: Turn,
): Promise<Card> {
  const { sequenceId, does, page, text = '' } = wanted;
  const offered = (await provisioningIntegrations(stores)).filter(
    ({ integration, hasRevoke }) =>
      integration.enabled && (does === 'grant' || hasRevoke) && hasWords(integration.name, text),
  );
  if (offered.length === 0 && text === '')
    return withButtons(
      note(
        does === 'grant' ? t`Nothing to grant yet` : t`There is nothing to revoke yet`,
        t`No integration that can do this is turned on.`,
      ),
      wordButton(t`Integrations`, 'integrations'),
    );
  const shown = onPage(offered, page);
  return {
    title:
      does === 'grant' ? t`What should ${sequence} grant?` : t`What should ${sequence} revoke?`,
    blocks: [
      muted(
        withPage(
          searchedFor(
            plural(offered.length, {
              one: t`1 integration`,
              other: t`${sayNumber(offered.length)} integrations`,
            }),
            text,
          ),
          shown,
        ),
      ),
      ...shown.items.map(
        ({ integration }): Row => ({
          kind: 'row',
          text: [strong(labelOf(integration))],
          buttons: [
            {
              label: does === 'grant' ? t`Grant…` : t`Revoke…`,
              about:
                does === 'grant' ? t`Grant: ${integration.name}` : t`Revoke: ${integration.name}`,
              does: integrationItem.with({ sequenceId, integrationId: integration.id, does }),
            },
          ],
        }),
      ),
      ...picker.buttons(shown, wanted),
    ],
  };
}

export const integrationItem = formAction({
  id: 'sequence.integration',
  payload: itemTarget.extend({ integrationId: z.string(), does: effect }),
  admit: itemFor,
  title: () => t`An integration`,
  submitLabel: () => t`Save`,

  async fields(target, { sequence, item, tasks, ...turn }) {
    const integration = await turn.stores.integrations.find(target.integrationId);
    if (!integration || integration.deletedAt) return { refused: gone() };
    const fields: Fields = {
      ...(target.does === 'grant' ? await fieldsForAnyone(integration, formOf(item), turn) : {}),
      ...timingFields(sequence.anchor, tasks, item),
    };
    return {
      title: target.does === 'grant' ? t`Grant ${integration.name}` : t`Revoke ${integration.name}`,
      intro: [
        target.does === 'grant'
          ? isManual(integration)
            ? t`Done by hand: this creates a task.`
            : t`Your answers here apply to everyone who has the sequence.`
          : t`Access is removed, no matter how it was granted.`,
      ],
      fields,
    };
  },

  async submit(sent, target, { sequence, item, tasks, shown, ...turn }) {
    const edited = { sequence, item };
    const now = item && {
      ...withAnswers(shown, formOf(item)),
      ...timingFields(sequence.anchor, tasks, item),
    };
    const values = now ? asOfNow(sent, shown, now) : sent;
    const { integrationId, does } = target;
    const integration = await turn.stores.integrations.find(integrationId);
    if (!integration || integration.deletedAt) return refuse(gone());
    const timing = readTiming(values as unknown as TimingAnswers); // The answers of `timingFields`.
    if (!timing.ok) return { kind: 'invalid', errors: timing.errors };
    if (does === 'revoke')
      return saveItem(edited, { does: { kind: does, integrationId }, ...timing }, turn);
    const answered = answersForAnyone(values, now ?? shown);
    return saveItem(edited, { does: { kind: does, integrationId, ...answered }, ...timing }, turn);
  },
});

const formOf = (item: ItemFacts['item']): RunInputs['form'] =>
  item?.does.kind === 'grant' ? item.does.form : {};

const gone = () =>
  note(t`This integration has been deleted`, t`Choose another one for the sequence.`);
