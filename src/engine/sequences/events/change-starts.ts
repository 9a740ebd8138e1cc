/** Which occasions start a sequence, in words and in the audit log. */
import { compact } from '../../../core/compact.ts';
import { listed } from '../../../core/listed.ts';
import { t } from '../../../core/translate.ts';
import type { ChangedBy } from '../../people/directory.ts';
import { inWorkspaceLocale } from '../../people/locales.ts';
import type { Stores, Transaction } from '../../ports/unit-of-work.ts';
import { invalidate, sequenceStartsTopic } from '../../work/topics.ts';
import type { Sequence } from '../sequence.ts';
import { aboutOf, type ChangeOccasion, type Occasion } from './event.ts';

/** They take the place of the earlier ones. */
export async function changeStarts(
  tx: Transaction,
  { id: sequenceId, name: sequence }: Pick<Sequence, 'id' | 'name'>,
  { occasions, actor }: ChangedBy & { readonly occasions: readonly Occasion[] },
): Promise<void> {
  const before = await tx.sequenceStarts.of(sequenceId);
  await tx.sequenceStarts.put(sequenceId, occasions);
  const [when, whenBefore] = await inWorkspaceLocale(tx, () =>
    Promise.all([occasionsWords(occasions, tx), occasionsWords(before, tx)]),
  );
  await tx.audit('sequence.starts', { actor, detail: { sequenceId, sequence, when, whenBefore } });
  await invalidate(tx, sequenceStartsTopic(sequenceId));
}

export async function occasionsWords(
  occasions: readonly Occasion[],
  stores: Pick<Stores, 'integrations'>,
): Promise<string> {
  const about = async (kind: Occasion['kind']): Promise<string> => {
    const names = await Promise.all(
      occasions.filter((each) => each.kind === kind).map((each) => nameOf(aboutOf(each), stores)),
    );
    return listed(names, 'or');
  };
  const has = (kind: Occasion['kind']) => occasions.some((each) => each.kind === kind);
  const words = compact([
    has('person-created') && t`someone is added to the directory, or returns`,
    has('access-granted') && t`someone gets access to ${await about('access-granted')}`,
    has('run-failed') && t`a run of ${await about('run-failed')} fails permanently`,
    ...changesOf(occasions).map(changeWords),
  ]);
  return words.length === 0 ? t`nothing yet` : words.join('; ');
}

const nameOf = async (
  integrationId: string,
  stores: Pick<Stores, 'integrations'>,
): Promise<string> =>
  (await stores.integrations.find(integrationId))?.name ?? t`a deleted integration`;

export const changesOf = (occasions: readonly Occasion[]): readonly ChangeOccasion[] =>
  occasions.filter((each) => each.kind === 'field-changed');

function changeWords({ field, to }: ChangeOccasion): string {
  return {
    department: () =>
      to === '' ? t`someone's department changes` : t`someone's department changes to ${to}`,
    position: () =>
      to === '' ? t`someone's position changes` : t`someone's position changes to ${to}`,
    manager: () =>
      to === '' ? t`someone's manager changes` : t`someone's manager changes to ${to}`,
  }[field]();
}
