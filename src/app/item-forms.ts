/** The form of one app of a bundle for the web page: the fields and the answers are those of chat. */
import { daysField, readDays } from '../bots/features/access/days-field.ts';
import { answersForAnyone, fieldsForAnyone } from '../bots/features/access/form-for-anyone.ts';
import type { Services } from '../bots/live/context.ts';
import { type Field, type Fields, type RawValues, readValues } from '../bots/view/form.ts';
import type { BundleItem } from '../engine/bundles/bundle.ts';
import type { Integration } from '../engine/people/directory.ts';
import { policyOf } from '../engine/settings/settings.ts';
import type { ItemForms } from '../web/bundles/router.ts';
import type { Typed } from '../web/bundles/views.ts';

/** No manifest field can have this name: they all have a prefix. */
const DAYS = 'days';

export const itemForms = (
  deps: Pick<Services, 'stores' | 'transact' | 'signals' | 'keyedHash' | 'now'>,
): ItemForms => ({
  async fieldsOf(integration, item, person): Promise<Fields> {
    const { longestDays } = policyOf(integration);
    const days = item ? (item.days ?? null) : longestDays;
    return {
      ...(await fieldsForAnyone(integration, item?.form ?? {}, { ...deps, actor: person })),
      [DAYS]: daysField(longestDays, 'they', days),
    };
  },

  read(integration, fields, typed) {
    const asked = fields as Fields; // Those of `fieldsOf`.
    const read = readValues(asked, positionsOf(asked, typed));
    if (!read.ok) return { ok: false, errors: definedOf(read.errors) };
    const days = readDays(read.values[DAYS], policyOf(integration).longestDays);
    if (typeof days === 'string') return { ok: false, errors: { [DAYS]: days } };
    return { ok: true, item: itemOf(integration, days, answersForAnyone(read.values, asked)) };
  },
});

const itemOf = (
  { id: integrationId }: Integration,
  days: number | undefined,
  answers: Pick<BundleItem, 'form' | 'answers'>,
): BundleItem => ({ integrationId, ...answers, ...(days !== undefined && { days }) });

const definedOf = (
  errors: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(errors).flatMap(([name, why]) => (why ? [[name, why]] : [])));

/** A page sends the values of options, a chat their positions. */
const positionsOf = (fields: Fields, typed: Typed): RawValues =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, field]) => {
      const value = Object.hasOwn(typed, name) ? typed[name] : undefined;
      return value === undefined ? [] : [[name, inOptions(field, value)]];
    }),
  );

function inOptions(field: Field, typed: string | readonly string[]): string | readonly string[] {
  if (field.kind !== 'choice' && field.kind !== 'choices') return [typed].flat().join(', ');
  const position = (value: string): string =>
    String(field.options.findIndex((option) => option.value === value));
  const values = [typed].flat().filter((value) => value !== '');
  return field.kind === 'choices'
    ? values.map(position)
    : values.slice(0, 1).map(position).join('');
}
