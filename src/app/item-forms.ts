/** The form of one app of a bundle for the web page: the fields and the answers are those of chat. */
import { answersForAnyone, fieldsForAnyone } from '../bots/features/access/form-for-anyone.ts';
import { lengthFields, readLength } from '../bots/features/access/length-fields.ts';
import type { Services } from '../bots/live/context.ts';
import { type Field, type Fields, type RawValues, readValues } from '../bots/view/form.ts';
import type { BundleItem } from '../engine/bundles/bundle.ts';
import type { Integration } from '../engine/people/directory.ts';
import { policyOf } from '../engine/settings/settings.ts';
import type { ItemForms } from '../web/bundles/router.ts';
import type { Typed } from '../web/bundles/views.ts';

export const itemForms = (
  deps: Pick<Services, 'stores' | 'transact' | 'signals' | 'keyedHash' | 'now'>,
): ItemForms => ({
  async fieldsOf(integration, item, person): Promise<Fields> {
    const { longestHours } = policyOf(integration);
    const initial = item ? (item.hours ?? null) : longestHours;
    return {
      ...(await fieldsForAnyone(integration, item?.form ?? {}, { ...deps, actor: person })),
      ...lengthFields({ longest: longestHours, initial, whose: 'they' }),
    };
  },

  read(integration, fields, typed) {
    const asked = fields as Fields; // Those of `fieldsOf`.
    const read = readValues(asked, positionsOf(asked, typed));
    if (!read.ok) return { ok: false, errors: definedOf(read.errors) };
    const length = readLength(read.values, policyOf(integration).longestHours);
    if (!length.ok) return length;
    const answers = answersForAnyone(read.values, asked);
    return { ok: true, item: itemOf(integration, length.hours, answers) };
  },
});

const itemOf = (
  { id: integrationId }: Integration,
  hours: number | undefined,
  answers: Pick<BundleItem, 'form' | 'answers'>,
): BundleItem => ({ integrationId, ...answers, hours });

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
