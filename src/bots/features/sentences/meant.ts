/** What a sentence comes to: forms and cards to choose from, or the only one that can be meant. */
import { t } from '../../../core/translate.ts';
import { type PressReply, sayToPerson } from '../../view/action.ts';
import { buttonRow, type Card, paragraph } from '../../view/card.ts';
import { wordButton } from '../word-button.ts';
import type { Named, Slot } from './names.ts';
import type { Offer } from './offers.ts';
import type { Reading } from './read-sentence.ts';

export interface Meant {
  /** At least one. */
  readonly offers: readonly Offer[];
  /** What else may be meant, where nothing else is. */
  readonly beside?: Offer | undefined;
  /** It is the only one that can be meant. */
  readonly isSure: boolean;
  /** More people have that name than are offered. */
  readonly isPart?: boolean;
  /** They named someone whom they may not view, or who isn't there. */
  readonly isMissing?: boolean | undefined;
  /** Several, and they named each of them. */
  readonly areNamed?: boolean;
}

/** Nobody reads more. */
export const MAX_OFFERS = 3;
/** What they named themselves. */
export const MAX_NAMED = 5;

export async function replyTo(meant: Meant): Promise<PressReply> {
  const { offers, isSure } = meant;
  const [first, ...others] = offers;
  if (first && (isSure || first.isAnswer) && others.length === 0) return first.open();
  return sayToPerson(suggestions(meant));
}

/** Each button has a line of its own: in a row Teams hides what doesn't fit behind "…". */
const suggestions = ({ offers, isPart, isMissing, areNamed = false }: Meant): Card => ({
  title: areNamed ? t`You named several` : t`What did you mean?`,
  blocks: [
    paragraph(
      areNamed
        ? t`Each has a form of its own. Nothing happens before you send it.`
        : t`These come close. A button only opens a form or a list.`,
    ),
    ...(isPart
      ? [paragraph(t`More people may have that name. Write the whole name, or the email address.`)]
      : []),
    ...(isMissing ? [paragraph(t`You can't view everyone you named, or there is a typo.`)] : []),
    ...[...offers.map(({ button }) => button), wordButton(t`What I can do`, 'help')].flatMap(
      (button) => buttonRow([button]),
    ),
  ],
});

/** "Ann needs Figma and Bob needs GitHub": each thing once. */
export function together(all: readonly Meant[]): Meant {
  const [first] = all;
  const byLabel = new Map<string, Offer>();
  for (const offer of all.flatMap((meant) => meant.offers))
    if (!byLabel.has(offer.button.label)) byLabel.set(offer.button.label, offer);
  const offers = [...byLabel.values()].slice(0, MAX_NAMED);
  const beside = offers.length === first?.offers.length ? first.beside : undefined;
  return {
    offers: beside ? [...offers, beside] : offers,
    isSure: false,
    isPart: all.some(({ isPart }) => isPart),
    isMissing: all.some(({ isMissing }) => isMissing),
  };
}

export const tailIsRead = ({ tail }: Slot): boolean => tail === 'none' || tail === 'reason';

export const sure = (offers: readonly Offer[]): Meant => ({ offers, isSure: true });

/** One offer for each name; undefined where there is none. */
export async function eachNamed(
  { named, tail }: Slot,
  offer: (named: Named) => Promise<Offer | undefined>,
): Promise<Meant | undefined> {
  const offers: Offer[] = [];
  for (const one of named) {
    const offered = await offer(one);
    if (offered) offers.push(offered);
    if (offers.length === MAX_NAMED) break;
  }
  const isSure = named.length === 1 && tailIsRead({ named, tail });
  return offers.length === 0 ? undefined : { offers, isSure };
}

export type Wish = { readonly slot: Slot; readonly end: Reading['end'] };
