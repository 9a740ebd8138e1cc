/** `tokens`: one's own API tokens; admins and auditors see everyone's. */
import { byId } from '../../../core/ids.ts';
import { plural, sayNumber, t } from '../../../core/translate.ts';
import { fullName, type Person } from '../../../engine/people/directory.ts';
import { maySeeSetUp } from '../../../engine/people/permission.ts';
import { mayEndToken, mayHaveToken } from '../../../engine/tokens/may-have.ts';
import { type ApiToken, isLive } from '../../../engine/tokens/token.ts';
import type { Turn } from '../../live/context.ts';
import type { Reply } from '../../view/action.ts';
import { listRow, searchableList } from '../list-card.ts';
import { newToken } from './new-token.ts';
import { revokeToken } from './revoke-token.ts';
import { tokenWords } from './token-words.ts';

interface Listed {
  readonly items: readonly ApiToken[];
  readonly total: number;
  readonly all: number;
  readonly owners: ReadonlyMap<string, Person>;
  readonly mayAdd: boolean;
}

const list = searchableList({
  id: 'tokens.page',
  search: {
    id: 'tokens.search',
    title: () => t`Search API tokens`,
    label: () => t`Part of the name`,
  },

  async read({ text }, at, { stores, actor, now }): Promise<Listed> {
    const reader = (await stores.people.find(actor.id)) ?? actor;
    const filter = maySeeSetUp(reader) ? {} : { ownerId: reader.id };
    const page = { ...at, now: now() };
    const { tokens, total } = await stores.apiTokens.list({ ...filter, text }, page);
    const [whole, owners] = await Promise.all([
      text === '' ? total : stores.apiTokens.list(filter, { ...page, limit: 0 }),
      stores.people.findMany(tokens.map(({ ownerId }) => ownerId)),
    ]);
    return {
      items: tokens,
      total,
      all: typeof whole === 'number' ? whole : whole.total,
      owners: byId(owners),
      mayAdd: await mayHaveToken(stores, reader, 'personal'),
    };
  },

  title: () => t`API tokens`,
  empty: ({ all, mayAdd }) =>
    all > 0
      ? t`No API token has this name.`
      : mayAdd
        ? t`No API tokens yet. With one, a program uses Latchkey's API with its owner's rights.`
        : t`Only admins may have API tokens here. An admin can change that in the settings.`,
  counted: ({ total }) =>
    plural(total, { one: t`1 API token`, other: t`${sayNumber(total)} API tokens` }),

  row(token, { owners }, turn) {
    const { actor, now, timeZone } = turn;
    const owner = owners.get(token.ownerId);
    const ownerName = owner && owner.id !== actor.id ? fullName(owner) : undefined;
    return listRow(
      token.name,
      tokenWords(token, ownerName, { timeZone, now: now() }),
      ...(isLive(token, now()) && mayEndToken(actor, token)
        ? [
            {
              label: t`Revoke…`,
              about: t`Revoke: ${token.name}`,
              does: revokeToken.with({ tokenId: token.id }),
            },
          ]
        : []),
    );
  },

  before: ({ mayAdd }) =>
    mayAdd ? [{ label: t`New token…`, tone: 'primary', does: newToken.with({}) }] : [],
});
export const turnTokensPage = list.turnPage;
export const searchTokens = list.search;

export const openTokens = (turn: Turn): Promise<Reply> => list.reply({ page: 0, text: '' }, turn);

/** Whether the word is of use to them. */
export const mayUseTokens = async ({ actor, stores, now }: Turn): Promise<boolean> =>
  maySeeSetUp(actor) ||
  (await mayHaveToken(stores, actor, 'personal')) ||
  (await stores.apiTokens.liveOf(actor.id, now())).length > 0;
