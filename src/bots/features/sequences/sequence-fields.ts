/** The field that chooses sequences: when hiring, when someone leaves, and on a person's card. */
import { t } from '../../../core/translate.ts';
import type { Person } from '../../../engine/people/directory.ts';
import type { Stores, Transaction } from '../../../engine/ports/unit-of-work.ts';
import { assignSequence } from '../../../engine/sequences/assign.ts';
import { type Helper, whoIsMissing } from '../../../engine/sequences/needed-people.ts';
import type { Anchor, Sequence } from '../../../engine/sequences/sequence.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import type { Fields, Option } from '../../view/form.ts';

/** More than a company has; people search the field. */
const ALL = { offset: 0, limit: 1000 };

type Past = 'hold' | 'fire';
const pastChoices = (): readonly Option<Past>[] => [
  { value: 'hold', label: t`Hold overdue items for me to review` },
  { value: 'fire', label: t`Run them right away` },
];
export const pastField = () =>
  ({
    kind: 'choice',
    label: t`Overdue items`,
    hint: t`What should have happened by now, such as a message before a first day that is over.`,
    options: pastChoices(),
    initial: 'hold',
  }) as const;

/** Sequences that are on and have items. @param isOffered whether the anchor fits */
export async function offeredSequences(
  { sequences }: Pick<Stores, 'sequences'>,
  isOffered: (anchor: Anchor) => boolean,
): Promise<readonly Sequence[]> {
  const all = (await sequences.list('', ALL)).items.filter(
    ({ isOn, anchor }) => isOn && isOffered(anchor),
  );
  const counts = await sequences.countItems(all.map(({ id }) => id));
  return all.filter(({ id }) => counts.has(id));
}

export const sequenceOptions = (sequences: readonly Sequence[]): readonly Option[] =>
  sequences.map(({ id, name }) => ({ value: id, label: name }));

/** A field for forms with another purpose; empty where there is no sequence to choose. */
export async function sequencesField(
  stores: Pick<Stores, 'sequences'>,
  anchors: readonly Anchor[],
  hint: string,
) {
  const offered = await offeredSequences(stores, (anchor) => anchors.includes(anchor));
  const chosen = offered.filter(({ isForEveryHire }) => !isForEveryHire);
  return {
    ...(chosen.length > 0 && {
      sequences: {
        kind: 'choices',
        label: t`Sequences`,
        hint,
        optional: true,
        options: sequenceOptions(chosen),
      },
    }),
    ...(offered.length > 0 && { past: pastField() }),
  } as const satisfies Fields;
}

/** Helpers whom the sequences need and the person lacks, as errors for the fields that set them. */
export async function missingHelpers(
  stores: Pick<Stores, 'integrations' | 'people' | 'sequences'>,
  sequences: readonly Sequence[],
  person: Person,
): Promise<{ readonly [H in `${Helper}Email`]?: string }> {
  const errors: { -readonly [H in `${Helper}Email`]?: string } = {};
  for (const sequence of sequences) {
    const items = await stores.sequences.items(sequence.id);
    for (const helper of await whoIsMissing(stores, items, person))
      errors[`${helper}Email`] ??= needs(sequence, helper);
  }
  return errors;
}

const needs = ({ name }: Sequence, helper: Helper): string =>
  helper === 'manager'
    ? t`${name} needs a manager: at least one item goes to them or names them.`
    : t`${name} needs a buddy: at least one item goes to them or names them.`;

/** Assigns several, in the transaction of the change that assigns them. @returns why some were refused */
export async function assignAll(
  tx: Transaction,
  {
    sequences,
    person,
    past,
  }: { readonly sequences: readonly Sequence[]; readonly person: Person; readonly past: Past },
  turn: Turn,
): Promise<readonly string[]> {
  const refused: string[] = [];
  for (const sequence of sequences) {
    const assigned = await assignSequence(tx, { sequence, person, actor: actorOf(turn), past });
    if (assigned.kind === 'refused') refused.push(assigned.why);
  }
  return refused;
}
