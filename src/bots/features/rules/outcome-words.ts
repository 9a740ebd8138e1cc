/** Who gains and loses what by a change of a rule or of a bundle that rules give, as paragraphs of the form before it. */
import { compact } from '../../../core/compact.ts';
import { plural, sayNumber, sentences, t } from '../../../core/translate.ts';
import { fullName } from '../../../engine/people/directory.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import type { Impact } from '../../../engine/rules/impact.ts';
import type { Text } from '../../view/card.ts';
import { someNames } from '../some-names.ts';
import { impactWords } from './rule-words.ts';

/** People, and apps. */
const NAMED = 10;

interface Outcome {
  /** Undefined: of several rules, and not the same. */
  readonly overlapDays: number | undefined;
  /** The labels of options that need approval. */
  readonly approved: readonly string[];
}

/** The list on the card has everyone. */
export async function outcomeWords(
  impact: Impact,
  { overlapDays, approved }: Outcome,
  stores: Pick<Stores, 'integrations'>,
): Promise<readonly Text[]> {
  const names = (who: 'gains' | 'loses'): string =>
    someNames(
      impact.changes.filter((each) => each[who].length > 0).map(({ person }) => fullName(person)),
      NAMED,
    );
  const [gains, loses] = [names('gains'), names('loses')];
  return compact([
    [
      sentences(
        impactWords(impact, overlapDays),
        impact.isLarge && t`This is a large change: check the list before you press the button.`,
      ),
    ],
    ...(await appLines(impact, stores)),
    gains !== '' && [t`Gain access: ${gains}`],
    loses !== '' && [t`Lose access: ${loses}`],
    approved.length !== 0 && [
      t`Some of this needs approval: ${approved.join(', ')}. Pressing the button approves it for everyone who matches, now and later.`,
    ],
    impact.changes.length > 0 && [
      t`The card has the whole list: press "Who gains and loses…" there.`,
    ],
  ]);
}

/** `Figma: 3 people gain it.` Nothing where there is one app: the sum says it. */
async function appLines(
  { changes }: Impact,
  { integrations }: Pick<Stores, 'integrations'>,
): Promise<readonly Text[]> {
  const gaining = countsOf(changes.map(({ gains }) => gains));
  const losing = countsOf(changes.map(({ loses }) => loses));
  const ids = [...new Set([...gaining.keys(), ...losing.keys()])];
  if (ids.length < 2) return [];
  const found = await integrations.findMany(ids);
  const lines = found
    .map(({ id, name }) => ({ name, gain: gaining.get(id) ?? 0, loss: losing.get(id) ?? 0 }))
    .toSorted((a, b) => b.gain + b.loss - a.gain - a.loss)
    .slice(0, NAMED)
    .map(({ name, gain, loss }) =>
      sentences(gain > 0 && gainWords(name, gain), loss > 0 && lossWords(name, loss)),
    );
  return lines.map((line) => [line]);
}

const gainWords = (app: string, count: number): string =>
  plural(count, {
    one: t`${app}: 1 person gains it.`,
    other: t`${app}: ${sayNumber(count)} people gain it.`,
  });

const lossWords = (app: string, count: number): string =>
  plural(count, {
    one: t`${app}: 1 person loses it.`,
    other: t`${app}: ${sayNumber(count)} people lose it.`,
  });

function countsOf(lists: readonly (readonly string[])[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const id of lists.flat()) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}
