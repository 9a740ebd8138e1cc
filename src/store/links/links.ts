import type { Knex } from 'knex';
import { unreachable } from '../../core/unreachable.ts';
import type { Link, LinkPurpose } from '../../engine/links/link.ts';
import type { LinkStore } from '../../engine/ports/web-stores.ts';
import { oneOf, present, type RowOf, time } from '../work/columns.ts';
import { date, number, rowMapper, text } from '../work/row-mapper.ts';
import { versionedRows } from '../work/versioned-rows.ts';
import { type LaterPurpose, readPurpose, storedWish, toStored } from './stored-purpose.ts';

type LinkRow = RowOf<typeof toRow>;

export const purposes: Record<Exclude<LinkPurpose, LaterPurpose | 'api-token'>, true> = {
  delivery: true,
  emailed: true,
  secrets: true,
  manifest: true,
  connect: true,
  export: true,
  hook: true,
};
export const states: Record<Link['state'], true> = {
  new: true,
  opened: true,
  confirmed: true,
  used: true,
  refused: true,
};

export function createLinkStore(db: Knex): LinkStore {
  const links = () => db<LinkRow>('links');
  return {
    async deleteExpired(before) {
      await links().where('expires_at', '<', before.getTime()).delete();
    },

    async deleteOf(personId) {
      await links().where({ person_id: personId }).delete();
    },

    async deleteFromChatOf(personId) {
      await links().where({ person_id: personId }).whereNot({ purpose: 'emailed' }).delete();
    },

    ...versionedRows(links, 'link', { toRow, fromRow: toLink }),
  };
}

const { toRow: toFacts, fromRow: factsOf } = rowMapper('links', {
  id: text,
  version: number,
  personId: text,
  createdAt: date,
  expiresAt: date,
  openings: number,
});

const toRow = (link: Link) => ({
  ...toFacts(link),
  ...toStored(link),
  state: link.state,
  browser: 'browser' in link ? link.browser : null,
  opened_at: 'openedAt' in link ? link.openedAt.getTime() : null,
  code: 'code' in link ? link.code : null,
});

function aboutOf(row: LinkRow): Pick<Link, 'purpose' | 'subject'> {
  const wish = storedWish(row);
  return wish === undefined
    ? { purpose: readPurpose(row, purposes, 'links.purpose'), subject: row.subject }
    : { purpose: 'api-token', subject: wish };
}

function toLink(row: LinkRow): Link {
  const facts = { ...factsOf(row), ...aboutOf(row) };
  const state = oneOf(states, row.state, 'links.state');
  switch (state) {
    case 'new':
    case 'used':
    case 'refused':
      return { ...facts, state };
    case 'opened':
      return {
        ...facts,
        state,
        browser: present(row.browser, 'links.browser'),
        openedAt: time(present(row.opened_at, 'links.opened_at')),
        code: present(row.code, 'links.code'),
      };
    case 'confirmed':
      return { ...facts, state, browser: present(row.browser, 'links.browser') };
    default:
      return unreachable(state);
  }
}
