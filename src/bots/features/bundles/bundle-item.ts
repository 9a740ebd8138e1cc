/** An app of a bundle: an admin picks it, then answers its form as for a grant, and says for how long. */
import { z } from 'zod';
import { hasWords } from '../../../core/fold.ts';
import { t } from '../../../core/translate.ts';
import { provisioningIntegrations } from '../../../engine/access/access-overview.ts';
import type { Bundle, BundleItem } from '../../../engine/bundles/bundle.ts';
import { putItem } from '../../../engine/bundles/change-bundle.ts';
import { type Integration, isManual, labelOf } from '../../../engine/people/directory.ts';
import { policyOf } from '../../../engine/settings/settings.ts';
import { formAction } from '../../view/action.ts';
import { type Block, type Card, note, withButtons } from '../../view/card.ts';
import type { Fields } from '../../view/form.ts';
import { asOfNow } from '../../view/left-alone.ts';
import { answersForAnyone, fieldsForAnyone, withAnswers } from '../access/form-for-anyone.ts';
import { lengthFields, readLength } from '../access/length-fields.ts';
import { refuse } from '../admins.ts';
import { change, unlessFailed } from '../change.ts';
import { listRow } from '../list-card.ts';
import { onPage } from '../paging.ts';
import { type SearchedPicker, searchedPicker, searchedShown } from '../search-picker.ts';
import { wordButton } from '../word-button.ts';
import { bundleForAdmin, bundleTarget, showBundle } from './bundle-ref.ts';
import { countApps } from './bundle-words.ts';

const pickPayload = searchedShown.extend({ bundleId: z.string() });
type BundleAppPick = z.infer<typeof pickPayload>;

const toChange = (): string => t`change bundles`;

const picker: SearchedPicker<BundleAppPick> = searchedPicker(
  'bundle.pick-integration',
  pickPayload,
  {
    admit: bundleForAdmin(toChange),
    async card(shown, { bundle, items, stores }) {
      const all = await provisioningIntegrations(stores);
      const offered = all
        .map(({ integration }) => integration)
        .filter(({ enabled }) => enabled)
        .filter(({ id }) => !items.some(({ integrationId }) => integrationId === id));
      return offered.length === 0 ? nothingToAdd() : pickerCard(bundle, offered, shown);
    },
  },
);
export const pickForBundle = picker.open;
export const searchForBundle = picker.search;

function pickerCard(
  { id: bundleId, name }: { readonly id: string; readonly name: string },
  offered: readonly Integration[],
  wanted: BundleAppPick,
): Card {
  const found = offered.filter((each) => hasWords(each.name, wanted.text ?? ''));
  const shown = onPage(found, wanted.page);
  return {
    title: t`Which app should be in ${name}?`,
    blocks: [
      ...shown.items.flatMap((integration): Block[] =>
        listRow(labelOf(integration), isManual(integration) ? t`granted by hand` : '', {
          label: t`Add…`,
          about: t`Add: ${integration.name}`,
          does: bundleItem.with({ bundleId, integrationId: integration.id }),
        }),
      ),
      ...picker.foot(shown, wanted, countApps(found.length)),
    ],
  };
}

const nothingToAdd = (): Card =>
  withButtons(
    note(t`There is no other app to add`, t`Every app that is turned on is already in the bundle.`),
    wordButton(t`Integrations`, 'integrations'),
  );

export const bundleItem = formAction({
  id: 'bundle.item',
  /** `edits`: it is in the bundle already. Buttons of older cards don't say it. */
  payload: bundleTarget.extend({ integrationId: z.string(), edits: z.boolean().optional() }),
  admit: bundleForAdmin(toChange),
  title: () => t`An app of the bundle`,
  submitLabel: () => t`Save`,

  async fields({ integrationId }, { items, ...turn }) {
    const integration = await turn.stores.integrations.find(integrationId);
    if (!integration || integration.deletedAt) return { refused: gone() };
    const { longestHours } = policyOf(integration);
    const item = items.find((each) => each.integrationId === integrationId);
    return {
      title: t`${integration.name} in the bundle`,
      intro: [
        isManual(integration)
          ? t`Done by hand: this creates a task.`
          : t`Your answers here apply to everyone who gets the bundle.`,
      ],
      fields: {
        ...(await fieldsForAnyone(integration, item?.form ?? {}, turn)),
        ...lengthOf(item, longestHours),
      } satisfies Fields,
    };
  },

  async submit(sent, { bundleId, integrationId, edits }, { bundle, items, shown, ...turn }) {
    const integration = await turn.stores.integrations.find(integrationId);
    if (!integration || integration.deletedAt) return refuse(gone());
    const before = items.find((each) => each.integrationId === integrationId);
    if (edits && !before) return refuse(takenOut(integration, bundle));
    const { longestHours } = policyOf(integration);
    const now = before && {
      ...withAnswers(shown, before.form),
      ...lengthOf(before, longestHours),
    };
    const values = now ? asOfNow(sent, shown, now) : sent;
    const length = readLength(values, longestHours);
    if (!length.ok) return { kind: 'invalid', errors: length.errors };
    const answered = answersForAnyone(values, now ?? shown);
    const item = { integrationId, hours: length.hours, ...answered };
    const saved = await change(turn, (tx, by) =>
      putItem(tx, bundleId, { item, seen: bundle, ...by }),
    );
    return unlessFailed(saved, t`Nothing was saved`, showBundle(bundleId));
  },
});

const lengthOf = (item: BundleItem | undefined, longest: number | null): Fields =>
  lengthFields({ longest, initial: item ? (item.hours ?? null) : longest });

const takenOut = ({ name }: Integration, bundle: Bundle): Card =>
  note(
    t`Nothing was saved`,
    t`Someone has taken ${name} out of ${bundle.name}. Add it again if it should be there.`,
  );

const gone = () =>
  note(t`This integration has been deleted`, t`Choose another one for the bundle.`);
