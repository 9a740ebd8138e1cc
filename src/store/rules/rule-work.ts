import type { Knex } from 'knex';
import type { RuleTroubleStore, RuleWorkStore } from '../../engine/ports/rule-stores.ts';
import { StaleWrite } from '../../engine/ports/store.ts';
import type { RuleTrouble } from '../../engine/rules/rule.ts';
import { holdLock } from '../advisory-locks.ts';
import { dialectOf } from '../database.ts';
import { msOrNull, type RowOf, time, timeOrNull, withoutNulls } from '../work/columns.ts';
import { putRows } from '../work/put-rows.ts';
import { date, number, optional, rowMapper, text } from '../work/row-mapper.ts';
import { pageOf } from '../work/total.ts';

type TroubleRow = RowOf<typeof toRow>;

/** Also those of one person in a page. */
const MAX_PEOPLE = 250;
type TroubleKey = Pick<RuleTrouble, 'personId' | 'itemId' | 'integrationId'>;

export function createRuleTroubleStore(db: Knex): RuleTroubleStore {
  const troubles = () => db<TroubleRow>('rule_troubles');
  return {
    async of(personId) {
      const rows = await troubles()
        .where({ person_id: personId })
        .orderBy(['item_id', 'integration_id']);
      return rows.map(toTrouble);
    },

    async ofPeople(personIds) {
      return (await troubles().whereIn('person_id', personIds)).map(toTrouble);
    },

    async put(trouble) {
      await putRows(troubles(), [toRow(trouble)], ['person_id', 'item_id', 'integration_id']);
    },

    async delete({ personId, itemId, integrationId }: TroubleKey) {
      await troubles()
        .where({ person_id: personId, item_id: itemId, integration_id: integrationId })
        .delete();
    },

    async people(afterPersonId = '') {
      return troubles()
        .where('failures', '>', 0)
        .whereNull('notified_at')
        .where('person_id', '>', afterPersonId)
        .distinct('person_id')
        .orderBy('person_id')
        .limit(MAX_PEOPLE)
        .pluck('person_id');
    },

    async ofRule(ruleId, page) {
      const matching = () => troubles().where({ rule_id: ruleId }).whereNotNull('notified_at');
      const { rows, total } = await pageOf(matching, page, [
        { column: 'notified_at', order: 'desc' },
        'person_id',
        'item_id',
      ]);
      return { troubles: rows.map(toTrouble), total };
    },
  };
}

const { toRow, fromRow: toTrouble } = rowMapper('rule_troubles', {
  personId: text,
  ruleId: text,
  itemId: text,
  integrationId: text,
  failures: number,
  countedId: optional(text),
  failedAt: optional(date),
  regrantedAt: optional(date),
  notifiedAt: optional(date),
});

interface ChangeRow {
  readonly person_id: string;
  readonly due_at: number;
}

interface PassRow {
  readonly id: string;
  readonly version: number;
  readonly started_at: number;
  readonly moved_at: number;
  readonly last_person_id: string;
  readonly ended_at: number | null;
}

/** There is one row. */
const PASS = 'everyone';

export function createRuleWorkStore(db: Knex): RuleWorkStore {
  const changes = () => db<ChangeRow>('rule_changes');
  const passes = () => db<PassRow>('rule_passes');
  return {
    async add(personIds, now) {
      if (personIds.length === 0) return;
      // One parameter, their JSON: an import adds hundreds at once.
      const [ids, at] = [JSON.stringify([...new Set(personIds)]), now.getTime()];
      const from =
        dialectOf(db) === 'postgres'
          ? 'json_array_elements_text(?::json) as given(value)'
          : 'json_each(?) as given';
      await db.raw(
        `insert into rule_changes (person_id, due_at) select given.value, ? from ${from} where true
         on conflict (person_id) do update set due_at = excluded.due_at
         where rule_changes.due_at > excluded.due_at`,
        [at, ids],
      );
    },

    async due(now) {
      return changes()
        .where('due_at', '<=', now.getTime())
        .orderBy(['due_at', 'person_id'])
        .limit(MAX_PEOPLE)
        .pluck('person_id');
    },

    async isAwaited(personId, now) {
      const noted = await changes()
        .where({ person_id: personId })
        .where('due_at', '<=', now.getTime())
        .first('person_id');
      return Boolean(noted ?? (await passes().whereNull('ended_at').first('id')));
    },

    async done(personIds) {
      await changes().whereIn('person_id', personIds).delete();
    },

    async postpone(personId, until) {
      await changes().where({ person_id: personId }).update({ due_at: until.getTime() });
    },

    async delayPass() {
      await holdLock(db, 'rules', 'shared');
    },

    async pass() {
      const row = await passes().where({ id: PASS }).first();
      return (
        row &&
        withoutNulls({
          version: row.version,
          startedAt: time(row.started_at),
          movedAt: time(row.moved_at),
          lastPersonId: row.last_person_id,
          endedAt: timeOrNull(row.ended_at),
        })
      );
    },

    async beginPass(now) {
      await holdLock(db, 'rules');
      const at = now.getTime();
      await db.raw(
        `insert into rule_passes (id, version, started_at, moved_at, last_person_id, ended_at)
         values (?, 1, ?, ?, '', null)
         on conflict (id) do update set version = rule_passes.version + 1,
           started_at = excluded.started_at, moved_at = excluded.moved_at, last_person_id = '', ended_at = null`,
        [PASS, at, at],
      );
    },

    async savePass({ version, startedAt, movedAt, lastPersonId, endedAt }) {
      const saved = await passes()
        .where({ id: PASS, version })
        .update({
          version: version + 1,
          started_at: startedAt.getTime(),
          moved_at: movedAt.getTime(),
          last_person_id: lastPersonId,
          ended_at: msOrNull(endedAt),
        });
      if (saved === 0) throw new StaleWrite('rule pass', PASS, version);
    },

    async isOverdue(before) {
      const ms = before.getTime();
      const change = await changes().where('due_at', '<', ms).first('person_id');
      const pass = await passes().where('moved_at', '<', ms).whereNull('ended_at').first('id');
      return change !== undefined || pass !== undefined;
    },
  };
}
