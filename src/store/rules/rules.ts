import type { Knex } from 'knex';
import { z } from 'zod';
import { fold } from '../../core/fold.ts';
import type { RuleStore } from '../../engine/ports/rule-stores.ts';
import { type Rule, type RuleDefinition, ruleDefinition } from '../../engine/rules/rule.ts';
import { formValues, shownAnswers } from '../../engine/runs/run.ts';
import { sealedColumns } from '../vault/sealed-columns.ts';
import { sealedTexts } from '../vault/sealed-texts.ts';
import type { Vault } from '../vault/vault.ts';
import { jsonColumn, type RowOf } from '../work/columns.ts';
import { namedRows } from '../work/named-rows.ts';
import {
  actor,
  date,
  flag,
  jsonOrUnread,
  number,
  optional,
  rowMapper,
  text,
} from '../work/row-mapper.ts';

type RuleRow = RowOf<typeof toRow>;

interface ItemRow {
  readonly id: string;
  readonly rule_id: string;
  readonly integration_id: string;
  /** Sealed JSON: form values. */
  readonly content: string;
}

export const definitionColumn = jsonColumn<RuleDefinition>('rules.definition', ruleDefinition);
export const draftColumn = jsonColumn<RuleDefinition>('rules.draft', ruleDefinition);

const content = z.object({ form: formValues, answers: shownAnswers });

/** Knex's transactions have one of their own. */
type InTransaction = Knex & Partial<Pick<Knex.Transaction, 'isCompleted'>>;

export function createRuleStore(db: Knex, vault: Vault): RuleStore {
  const rules = () => db<RuleRow>('rules');
  const current = () => rules().whereNull('deleted_at');
  const items = () => db<ItemRow>('rule_items');
  const contents = sealedTexts(vault, sealedColumns.ruleItem);
  const named = namedRows<Rule, RuleRow>(db, {
    table: 'rules',
    what: 'rule',
    searched: 'folded_name',
    toRow,
    fromRow: toRule,
  });
  /** That of the caller, since units of work share their stores. Undefined where there is none. */
  const transaction = (): object | undefined => (db as InTransaction).isCompleted;
  const isChanged = (): boolean => {
    const now = transaction();
    return now !== undefined && changing.has(now);
  };
  return {
    async on() {
      const on = () => current().where({ is_on: true });
      const read = async () => (await on().orderBy('id')).map(toRule);
      if (isChanged()) return read();
      // A plain select goes with others in one statement (`together-internals.ts`).
      const versions = await on().orderBy('id').select('id', 'version');
      if (versions.length === 0) return [];
      const versionsText = versions.map(({ id, version }) => `${id} ${version}`).join(' ');
      const before = lastOn;
      if (before.text === versionsText) return before.rules;
      lastOn = { text: versionsText, rules: await read() };
      return lastOn.rules;
    },

    async giving(bundleId) {
      const mention = `%"bundleId":"${bundleId}"%`;
      const rows = await current()
        .where((either) => {
          either.whereLike('definition', mention).orWhereLike('draft', mention);
        })
        .orderBy('folded_name');
      return rows.map(toRule);
    },

    async any() {
      return (await rules().first('id')) !== undefined;
    },

    async insertItem({ id, ruleId, integrationId, form, answers }) {
      await items().insert({
        id,
        rule_id: ruleId,
        integration_id: integrationId,
        content: await contents.sealJson({ id }, { form, answers }),
      });
    },

    async findItem(id) {
      const row = await items().where({ id }).first();
      return (
        row && {
          id,
          ruleId: row.rule_id,
          integrationId: row.integration_id,
          ...(await contents.openJson(content, row)),
        }
      );
    },

    ...named,

    save(rule) {
      const now = transaction();
      if (now) changing.add(now);
      return named.save(rule);
    },
  };
}

const { toRow: toNamed, fromRow: toRule } = rowMapper('rules', {
  id: text,
  version: number,
  name: text,
  isOn: flag,
  definition: jsonOrUnread(definitionColumn),
  draft: optional(jsonOrUnread(draftColumn)),
  madeBy: actor,
  createdAt: date,
  deletedAt: optional(date),
});

const toRow = (rule: Rule) => ({ ...toNamed(rule), folded_name: fold(rule.name) });

/**
 * Each evaluation of one person asks for the rules that are on, and reading 200 of them takes longer than all the rest. Their
 * versions tell whether they are those that were read last.
 */
let lastOn: { readonly text: string; readonly rules: readonly Rule[] } = { text: '', rules: [] };

/** Transactions that have changed a rule. One may be rolled back: then another change gets the same version. */
const changing = new WeakSet<object>();
