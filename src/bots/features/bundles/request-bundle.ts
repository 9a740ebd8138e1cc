/** Requests a bundle: one form with one reason; each app's own policy decides it. */
import { z } from 'zod';
import { compact } from '../../../core/compact.ts';
import { t } from '../../../core/translate.ts';
import type { Bundle, BundleItem } from '../../../engine/bundles/bundle.ts';
import {
  type BundleWithItems,
  matchingBundles,
  offeredOf,
} from '../../../engine/bundles/offered-bundles.ts';
import { fullName, type Person } from '../../../engine/people/directory.ts';
import type { Turn } from '../../live/context.ts';
import { formAction, type OrRefused } from '../../view/action.ts';
import { note, type Row, rich, strong } from '../../view/card.ts';
import type { Fields } from '../../view/form.ts';
import { factsIn } from '../access/grant-form.ts';
import { refuse } from '../admins.ts';
import { refuseRequesting } from '../requests/request-access.ts';
import { MAX_REASON, REASON } from '../typed-text.ts';
import { bundleNow } from './bundle-ref.ts';
import { appsWords } from './bundle-words.ts';
import { beginAs } from './grant-items.ts';
import { isOutdated, nothingToDo, planForm } from './plan-words.ts';

export const askForBundle = formAction({
  id: 'bundle.ask',
  /** `versionId`: what the form shows, which is what is requested. `personId`: for whom. Left out: the actor. */
  payload: z.object({
    bundleId: z.string(),
    versionId: z.string(),
    personId: z.string().optional(),
    /** Someone wrote until when; a bundle has the times of its apps. */
    wishedEnd: z.literal(true).optional(),
  }),
  admit: lookUp,
  title: () => t`Request a bundle`,
  submitLabel: () => t`Request`,

  async fields({ versionId, wishedEnd }, { bundle, items, person, by, ...turn }) {
    if (bundle.versionId !== versionId)
      return { refused: isOutdated(t`${bundle.name} has changed`) };
    const planned = await planForm({ person, by, as: 'request' }, items, turn);
    if (!planned.isUseful)
      return { refused: nothingToDo(t`There is nothing to request in ${bundle.name}`, planned) };
    const isOwn = person.id === by.id;
    return {
      title: t`Request ${bundle.name}`,
      intro: compact([
        !isOwn && rich`For ${strong(fullName(person))} (${person.email}).`,
        bundle.description,
        ...planned.lines,
        wishedEnd && t`A bundle has its own end dates, so the one that you wrote doesn't apply.`,
      ]),
      fields: {
        ...planned.facts,
        [REASON]: {
          kind: 'text',
          label: isOwn ? t`Why do you need it?` : t`Why do they need it?`,
          multiline: true,
          maxLength: MAX_REASON,
          hint: isOwn ? t`Your approvers will see this.` : t`The approvers will see this.`,
        },
      } satisfies Fields,
    };
  },

  async submit(values, { bundleId, versionId }, { bundle, items, person, by, ...turn }) {
    if (bundle.versionId !== versionId) return refuse(isOutdated(t`Nothing was requested`));
    const of = { kind: 'bundle', bundleId, versionId } as const;
    return beginAs({ person, by, as: 'request', of, items, facts: factsIn(values), values }, turn);
  },
});

interface BundleToRequest {
  readonly bundle: Bundle;
  readonly items: readonly BundleItem[];
  readonly person: Person;
  readonly by: Person;
}

async function lookUp(
  { bundleId, personId }: { readonly bundleId: string; readonly personId?: string | undefined },
  turn: Turn,
): Promise<OrRefused<BundleToRequest>> {
  const { bundle, items, refused } = await bundleNow(bundleId, turn);
  if (refused) return { refused };
  const [by, person] = await Promise.all([
    turn.stores.people.find(turn.actor.id),
    turn.stores.people.find(personId ?? turn.actor.id),
  ]);
  if (!by || !person) return { refused: notThere() };
  const refusal = await refuseRequesting(person, turn);
  return refusal ? { refused: refusal } : { bundle, items, person, by };
}

const notThere = () =>
  note(t`Nothing was requested`, t`This person is no longer in the directory.`);

/** The bundles of which this person may request something, by name. */
export async function offeredBundles(
  person: Person,
  search: string,
  turn: Turn,
): Promise<readonly BundleWithItems[]> {
  return offeredOf(await matchingBundles(search, turn.stores), person, turn.stores);
}

/** As the picker of `request` shows it, before the apps. @param personId for whom; undefined: the actor */
export function bundleOffer(offered: BundleWithItems, personId: string | undefined): Row {
  const { bundle } = offered;
  const apps = appsWords(offered);
  // As a part of a line: an admin wrote it as a sentence, or not.
  const about = bundle.description.trim().replace(/\.$/, '');
  const detail = about ? `${about} · ${apps}` : apps;
  const { id: bundleId, versionId, name } = bundle;
  const does = askForBundle.with({ bundleId, versionId, personId });
  return {
    kind: 'row',
    text: [strong(name)],
    detail: [detail],
    buttons: [{ label: t`Request…`, about: t`Request: ${name}`, does }],
  };
}

export const openBundleForm = (
  { bundle: { id: bundleId, versionId } }: BundleWithItems,
  personId: string | undefined,
  turn: Turn,
) => askForBundle.press(askForBundle.with({ bundleId, versionId, personId }).payload, turn);
