/** Rules of a company, made without chat. */
import type { Foundation } from '../../../src/app/foundation.ts';
import { addItem, makeRule, turnOn } from '../../../src/engine/rules/change-rule.ts';
import type { Answer, RunInputs } from '../../../src/engine/runs/run.ts';
import { ok } from '../given/outcomes.ts';

export interface RuleWish {
  readonly department: string;
  readonly overlapDays?: number;
  /** By the name of the app. */
  readonly gives: Readonly<
    Record<string, { readonly form: RunInputs['form']; readonly answers: readonly Answer[] }>
  >;
}

const SYSTEM = { kind: 'system' } as const;

/** On, and evaluated by the worker. People match it from long before their first day. */
export const ruleAtCompany = (
  { transact }: Pick<Foundation, 'transact'>,
  name: string,
  { department, overlapDays = 14, gives }: RuleWish,
): Promise<void> =>
  transact(async (tx) => {
    const definition = {
      matching: 'all',
      conditions: [{ field: 'department', comparison: 'is', not: false, values: [department] }],
      daysBefore: 90,
      overlapDays,
    } as const;
    const made = ok(await makeRule(tx, { name, definition }, { actor: SYSTEM }));
    let rule = made.value;
    for (const [app, { form, answers }] of Object.entries(gives)) {
      const integration = await tx.integrations.findByName(app);
      if (!integration) throw new Error(`There is no ${app}`);
      const item = { integrationId: integration.id, form, answers };
      const added = ok(await addItem(tx, rule.id, { item, actor: SYSTEM }));
      rule = added.value;
    }
    ok(await turnOn(tx, rule.id, { seen: rule.version, actor: SYSTEM }));
  });

/** Answers that Lodestone and Pigeon Post take, as a rule gives them. */
export const someAnswers = {
  Lodestone: {
    form: { HOME_GROUP: 'builders' },
    answers: [{ label: 'Home group', value: 'Builders' }],
  },
  'Pigeon Post': {
    form: { MAILBOX_NAME: 'Finance', MAILBOX_SIZE: 'small' },
    answers: [{ label: 'Size', value: 'Small, 1 GB' }],
  },
} as const satisfies RuleWish['gives'];
