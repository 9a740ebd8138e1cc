import type { Knex } from 'knex';
import { z } from 'zod';
import { fold } from '../../core/fold.ts';
import { unreachable } from '../../core/unreachable.ts';
import {
  type EventEndpoint,
  endpointStates,
  whysOff,
} from '../../engine/event-endpoints/event-endpoint.ts';
import type { EventEndpointStore } from '../../engine/ports/event-stores.ts';
import { insertUnlessTaken } from '../insert-unless-taken.ts';
import { sealedColumns } from '../vault/sealed-columns.ts';
import { sealedTexts } from '../vault/sealed-texts.ts';
import type { Vault } from '../vault/vault.ts';
import {
  jsonColumn,
  msOrNull,
  oneOf,
  present,
  type RowOf,
  readColumn,
  stateIs,
  time,
  withoutNulls,
} from '../work/columns.ts';
import { dueAtOf, finishedAtOf, leaseColumns, leasedRows, leaseOf } from '../work/leased-rows.ts';
import { eachReadable, firstReadable, readable } from '../work/readable.ts';
import { date, flag, number, optional, rowMapper, text } from '../work/row-mapper.ts';
import { savedRows } from '../work/versioned-rows.ts';

const kinds = z.array(z.string());
const kindsColumn = jsonColumn('event_endpoints.kinds', kinds);
const content = z.object({ url: z.string(), secret: z.string(), before: z.string().nullable() });
/** More than there are. */
const AT_ONCE = 100;

export function createEventEndpointStore(db: Knex, vault: Vault): EventEndpointStore {
  const endpoints = () => db<EndpointRow>('event_endpoints');
  const contents = sealedTexts(vault, sealedColumns.eventEndpoint);

  const toRow = async (endpoint: EventEndpoint) => {
    const { url, secret, before } = endpoint;
    const said = { url, secret, before: before?.secret ?? null };
    return columnsOf(endpoint, await contents.sealJson(endpoint, said));
  };
  const open = async (row: EndpointRow): Promise<EventEndpoint> =>
    toEndpoint(row, await contents.openJson(content, row));
  const byName = () => endpoints().orderBy(['folded_name', 'id']);
  const openAll = (rows: readonly EndpointRow[]) => Promise.all(rows.map(open));

  return {
    insert: async (endpoint) =>
      insertUnlessTaken(endpoints(), await toRow(endpoint), 'folded_name'),

    named: async (name) =>
      endpoints()
        .where({ folded_name: fold(name) })
        .first('id', 'name'),

    nameOf: async (id) => endpoints().where({ id }).first('id', 'name'),

    list: async () => readable(await byName(), open),

    async unreadable() {
      const rows = await byName();
      const opened = await eachReadable(rows, open);
      return rows.filter((_row, n) => !opened[n]).map(({ id, name }) => ({ id, name }));
    },

    ...leasedRows(endpoints, openAll),

    behind: async () =>
      firstReadable(
        AT_ONCE,
        async (offset) =>
          endpoints()
            .whereRaw(stateIs('idle', 'waiting'))
            .whereRaw('read_seq < coalesce((select max(seq) from audit_chain), 0)')
            .orderBy('id')
            .offset(offset)
            .limit(AT_ONCE),
        open,
      ),

    async delete(id) {
      await endpoints().where({ id }).delete();
    },

    ...savedRows(endpoints, 'event endpoint', { toRow, fromRow: open }),
  };
}

type EndpointRow = RowOf<typeof columnsOf>;

const { toRow: toFacts, fromRow: factsOf } = rowMapper('event_endpoints', {
  id: text,
  version: number,
  name: text,
  isRevealed: flag,
  readSeq: number,
  lastSentAt: optional(date),
  failingSince: optional(date),
  pausedUntil: optional(date),
});

const columnsOf = (endpoint: EventEndpoint, sealed: string) => ({
  ...toFacts(endpoint),
  folded_name: fold(endpoint.name),
  kinds: JSON.stringify(endpoint.kinds),
  content: sealed,
  before_until: msOrNull(endpoint.before?.until),
  state: endpoint.state,
  ...leaseColumns(endpoint),
  why: endpoint.state === 'off' ? endpoint.why : null,
});

function toEndpoint(
  row: EndpointRow,
  { url, secret, before }: z.infer<typeof content>,
): EventEndpoint {
  const facts = withoutNulls({
    ...factsOf(row),
    url,
    kinds: readColumn(kindsColumn, row.kinds),
    secret,
    before:
      before === null
        ? null
        : {
            secret: before,
            until: time(present(row.before_until, 'event_endpoints.before_until')),
          },
  });
  const state = oneOf(endpointStates, row.state, 'event_endpoints.state');
  switch (state) {
    case 'idle':
      return { ...facts, state };
    case 'waiting':
      return { ...facts, state, dueAt: dueAtOf(row, 'event_endpoints') };
    case 'sending':
      return { ...facts, state, ...leaseOf(row, 'event_endpoints') };
    case 'off':
      return {
        ...facts,
        state,
        finishedAt: finishedAtOf(row, 'event_endpoints'),
        why: oneOf(whysOff, present(row.why, 'event_endpoints.why'), 'event_endpoints.why'),
      };
    default:
      return unreachable(state);
  }
}
