/** Requests a bundle: one form with one reason; each app's own policy decides it. */
import { z } from 'zod';
import { hasWords } from '../../../core/fold.ts';
import { t } from '../../../core/translate.ts';
import { beginItems } from '../../../engine/bundles/begin-items.ts';
import { type Bundle, type BundleItem, searchTextOf } from '../../../engine/bundles/bundle.ts';
import { whyNotRequest } from '../../../engine/requests/create-request.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import { formAction } from '../../view/action.ts';
import { type Button, note, type Row, strong } from '../../view/card.ts';
import type { Fields } from '../../view/form.ts';
import { factsIn } from '../access/grant-form.ts';
import { refuse } from '../admins.ts';
import { MAX_REASON, tooLong } from '../typed-text.ts';
import { bundleNow } from './bundle-ref.ts';
import { appsWords } from './bundle-words.ts';
import { REASON, replyTo } from './grant-items.ts';
import { isOutdated, nothingToDo, planForm } from './plan-words.ts';

export const askForBundle = formAction({
  id: 'bundle.ask',
  /** `versionId`: what the form shows, which is what is requested. */
  payload: z.object({ bundleId: z.string(), versionId: z.string() }),
  title: () => t`Request a bundle`,
  submitLabel: () => t`Request`,

  async fields({ bundleId, versionId }, turn: Turn) {
    const { bundle, items, refused } = await bundleNow(bundleId, turn);
    if (refused) return { refused };
    if (bundle.versionId !== versionId)
      return { refused: isOutdated(t`${bundle.name} has changed`) };
    const person = await turn.stores.people.find(turn.actor.id);
    if (!person) return { refused: notThere() };
    const planned = await planForm({ person, by: person, as: 'request' }, items, turn);
    if (!planned.isUseful)
      return { refused: nothingToDo(t`There is nothing to request in ${bundle.name}`, planned) };
    return {
      title: t`Request ${bundle.name}`,
      intro: [...(bundle.description ? [[bundle.description]] : []), ...planned.lines],
      fields: {
        ...planned.facts,
        [REASON]: {
          kind: 'text',
          label: t`Why do you need it?`,
          multiline: true,
          hint: t`Your approvers will see this.`,
        },
      } satisfies Fields,
    };
  },

  async submit(values, { bundleId, versionId }, turn) {
    const { bundle, items, refused } = await bundleNow(bundleId, turn);
    if (refused) return refuse(refused);
    if (bundle.versionId !== versionId) return refuse(isOutdated(t`Nothing was requested`));
    const person = await turn.stores.people.find(turn.actor.id);
    if (!person) return refuse(notThere());
    const reason = values[REASON];
    const wrong = tooLong(reason, MAX_REASON);
    if (wrong !== undefined) return { kind: 'invalid', errors: { [REASON]: wrong } };
    const begun = await turn.transact((tx) =>
      beginItems(tx, {
        actor: actorOf(turn),
        person,
        by: person,
        as: 'request',
        of: { kind: 'bundle', bundleId, versionId },
        items,
        reason,
        facts: factsIn(values),
      }),
    );
    return replyTo(
      begun,
      note(
        t`Nothing was requested`,
        t`You already have or requested everything in ${bundle.name}.`,
      ),
    );
  },
});

const notThere = () => note(t`Nothing was requested`, t`You're no longer in the directory.`);

export interface OfferedBundle {
  readonly bundle: Bundle;
  readonly items: readonly BundleItem[];
}

/** More bundles than a company has. */
const ALL = { offset: 0, limit: 500 };

/** The bundles of which this person may request something, by name. */
export async function offeredBundles(
  { stores, actor }: Turn,
  search: string,
): Promise<readonly OfferedBundle[]> {
  const { bundles } = await stores.bundles.list('', ALL);
  const matching = bundles.filter((bundle) => hasWords(searchTextOf(bundle), search));
  const versions = await stores.bundles.findVersions(matching.map(({ versionId }) => versionId));
  const integrations = await stores.integrations.list();
  return matching.flatMap((bundle) => {
    const items = versions.find(({ id }) => id === bundle.versionId)?.items ?? [];
    const mayRequest = items.some(({ integrationId }) => {
      const integration = integrations.find(({ id }) => id === integrationId);
      return integration && whyNotRequest(actor, integration) === undefined;
    });
    return mayRequest ? [{ bundle, items }] : [];
  });
}

/** As the picker of `request` shows it, before the apps. */
export async function bundleOffer({ bundle, items }: OfferedBundle, turn: Turn): Promise<Row> {
  const apps = await appsWords(items, turn.stores);
  // As a part of a line: an admin wrote it as a sentence, or not.
  const forWhom = bundle.description.trim().replace(/\.$/, '');
  const detail = forWhom ? `${forWhom} · ${apps}` : apps;
  return {
    kind: 'row',
    text: [strong(bundle.name)],
    detail: [detail],
    buttons: [requestButton(bundle)],
  };
}

const requestButton = ({ id: bundleId, versionId, name }: Bundle): Button => ({
  label: t`Request…`,
  about: t`Request: ${name}`,
  does: askForBundle.with({ bundleId, versionId }),
});

export const openBundleForm = ({ bundle: { id, versionId } }: OfferedBundle, turn: Turn) =>
  askForBundle.press(askForBundle.with({ bundleId: id, versionId }).payload, turn);
