/** Give back: everyone ends their own access. `give back` lists what they have; `give back fernboard` asks at once. */
import { z } from 'zod';
import { compact } from '../../../core/compact.ts';
import { hasWords, isSameName } from '../../../core/fold.ts';
import { t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import type { AccessRow } from '../../../engine/access/access-overview.ts';
import {
  giveBackAccess,
  type OwnAccess,
  ownAccessAt,
  toGiveBack,
} from '../../../engine/access/give-back.ts';
import { howItIsRevoked } from '../../../engine/access/removals/remove-all.ts';
import { type Integration, labelOf } from '../../../engine/people/directory.ts';
import { may } from '../../../engine/people/permission.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import {
  buttonAction,
  formAction,
  type OrRefused,
  type PressReply,
  replaceWith,
  sayToPerson,
} from '../../view/action.ts';
import { type Card, note, rich, strong, withButtons } from '../../view/card.ts';
import { type CommandText, plainText } from '../../view/command.ts';
import { refuse } from '../admins.ts';
import { listRow, MAX_SEARCH } from '../list-card.ts';
import { onPage, pageFoot, pageShown } from '../paging.ts';
import { isGivenByRule } from '../rules/exception-fields.ts';
import { wordButton } from '../word-button.ts';
import { unlessDeleted } from './allowed.ts';
import { holdStyle, holdsInWords, untilWords } from './hold-words.ts';

export const giveBack = formAction({
  id: 'access.give-back',
  payload: z.object({ integrationId: z.string() }),
  admit: lookUp,
  title: () => t`Give back access`,
  submitLabel: () => t`Give back`,
  tone: 'danger',

  async fields(_payload, { person, integration, holds, ...turn }) {
    const held = holdsInWords(holds, await holdStyle(holds, turn));
    const how = await howItIsRevoked(turn.stores, person, integration);
    return {
      title: t`Give back ${integration.name}`,
      intro: compact([
        how === 'by-hand'
          ? rich`This ends your access to ${strong(integration.name)}. Someone removes it by hand.`
          : rich`This ends your access to ${strong(integration.name)}. Data that the app deletes can't be restored.`,
        held !== '' && t`Reason for the access: ${held}.`,
        (await isGivenByRule(turn, person, integration)) &&
          t`A rule grants it to you. Giving it back makes an exception for you, until an admin ends that.`,
      ]),
    };
  },

  async submit(_values, _payload, { person, integration, ...turn }) {
    const how = await howItIsRevoked(turn.stores, person, integration);
    const begun = await unlessDeleted(integration, turn, (tx) =>
      giveBackAccess(tx, { person, integration, actor: actorOf(turn) }),
    );
    if (begun.kind === 'deleted') return refuse(nothingThere());
    return sayToPerson(
      withButtons(
        note(
          t`You gave back ${integration.name}`,
          begun.kind === 'nothing' ? sayNeverGranted() : whoRemovesIt(how),
        ),
        wordButton(t`Your access`, 'access'),
      ),
    );
  },
});

const sayNeverGranted = () =>
  t`It hadn't been granted yet, so there's nothing to remove. The task to grant it was cancelled.`;

const whoRemovesIt = (how: 'by-itself' | 'by-hand'): string =>
  how === 'by-hand'
    ? t`Someone removes your access by hand. Your access card says when it's gone.`
    : t`Latchkey removes your access now. Your access card says when it's gone.`;

async function lookUp(
  { integrationId }: { readonly integrationId: string },
  { actor, stores }: Turn,
): Promise<OrRefused<Extract<OwnAccess, { readonly kind: 'held' }>>> {
  const own = await ownAccessAt(stores, { personId: actor.id, integrationId });
  switch (own.kind) {
    case 'held':
      return own;
    case 'under-way':
      return { refused: underWay() };
    case 'nothing':
      return { refused: nothingThere() };
    default:
      return unreachable(own);
  }
}

const underWay = (): Card =>
  withButtons(
    note(
      t`You can't give it back yet`,
      t`It is being granted to you. You can give it back when that has ended.`,
    ),
    wordButton(t`Your access`, 'access'),
  );

const nothingThere = (): Card =>
  note(
    t`There is nothing to give back`,
    t`You don't have this access, or Latchkey is already removing it.`,
  );

/** What the actor has and can give back. */
async function ownRows({ stores, actor }: Turn): Promise<readonly AccessRow[]> {
  const person = await stores.people.find(actor.id);
  return person?.active ? toGiveBack(stores, person) : [];
}

const shown = pageShown.extend({ search: z.string().max(MAX_SEARCH) });

export const turnGiveBackPage = buttonAction({
  id: 'access.give-back-page',
  payload: shown,
  handle: async (wanted, turn: Turn) => replaceWith(await picker(wanted, turn)),
});

/** `give back`, `give back fernboard`. */
export async function openGiveBack(args: CommandText, turn: Turn): Promise<PressReply> {
  const search = plainText(args)
    .trim()
    .replace(/^back\b\s*/i, '')
    .slice(0, MAX_SEARCH);
  const found = (await ownRows(turn))
    .map(({ integration }) => integration)
    .filter(({ name }) => hasWords(name, search));
  const named = found.filter(({ name }) => isSameName(name, search));
  const [only, ...others] = named.length > 0 ? named : found;
  if (search !== '' && only && others.length === 0)
    return giveBack.press(giveBack.with({ integrationId: only.id }).payload, turn);
  return sayToPerson(await picker({ search, page: 0 }, turn));
}

async function picker(
  { search, page }: { readonly search: string; readonly page: number },
  turn: Turn,
): Promise<Card> {
  const rows = (await ownRows(turn)).filter(({ integration }) =>
    hasWords(integration.name, search),
  );
  if (rows.length === 0) return search === '' ? nothingHeld() : noneCalled(search, turn);
  const list = onPage(rows, page);
  const style = await holdStyle(
    list.items.flatMap(({ holds }) => holds),
    turn,
  );
  return {
    title: t`What do you want to give back?`,
    blocks: [
      ...list.items.flatMap(({ integration, holds }) =>
        listRow(labelOf(integration), untilWords(holds, style), giveBackButton(integration)),
      ),
      ...pageFoot(list, (to) => turnGiveBackPage.with({ search, page: to })),
    ],
  };
}

/** For the access of the reader. */
export const giveBackButton = ({ id, name }: Pick<Integration, 'id' | 'name'>) => ({
  label: t`Give back…`,
  about: t`Give back: ${name}`,
  does: giveBack.with({ integrationId: id }),
});

const nothingHeld = (): Card =>
  withButtons(
    note(t`There is nothing to give back`, t`You have no access on record.`),
    wordButton(t`Check now`, 'access'),
  );

/** Who may grant may have meant that: "give Ann Fernboard". */
async function noneCalled(search: string, { actor, stores }: Turn): Promise<Card> {
  const mayGrant = may(actor, 'grant') || (await stores.people.hasReports(actor.id));
  return withButtons(
    note(
      t`Nothing that you have matches "${search}"`,
      ...(mayGrant
        ? [
            t`You can give back only your own access. To grant someone access, press "Grant access".`,
          ]
        : []),
    ),
    wordButton(t`Show all`, 'give back'),
    ...(mayGrant ? [wordButton(t`Grant access`, 'grant')] : []),
  );
}
