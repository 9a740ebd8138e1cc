/** Same as…: grants someone what a colleague has, or requests it for them: choose the colleague, then tick the apps. */
import { z } from 'zod';
import { fingerprint } from '../../../core/sha256.ts';
import { t } from '../../../core/translate.ts';
import { isBegun } from '../../../engine/bundles/begin-items.ts';
import type { BundleItem } from '../../../engine/bundles/bundle.ts';
import { itemsOfColleague } from '../../../engine/bundles/colleague-items.ts';
import type { PlannedItem, Planning } from '../../../engine/bundles/plan-item.ts';
import { fullName, labelOf, type Person } from '../../../engine/people/directory.ts';
import { mayManage, mayRequestFor, maySee } from '../../../engine/people/permission.ts';
import type { Turn } from '../../live/context.ts';
import { formAction, type OrRefused } from '../../view/action.ts';
import { type Card, note, rich, strong } from '../../view/card.ts';
import type { Fields } from '../../view/form.ts';
import { FACT, factsIn } from '../access/grant-form.ts';
import { lengthFields, readLength } from '../access/length-fields.ts';
import { auditRefusal, refuse } from '../admins.ts';
import { personAnswered, personFields } from '../people/person-fields.ts';
import { withoutRight } from '../whom-to-ask.ts';
import { beginAs, mayGrantTo, reasonField } from './grant-items.ts';
import { formOf, planItems } from './plan-words.ts';

/** No fact's field can have this name: they all have a prefix. */
const APPS = 'apps';

export const sameAs = formAction({
  id: 'bundle.same-as',
  payload: z.object({ personId: z.string() }),
  admit: forWhom,
  title: () => t`Same as a colleague`,
  submitLabel: () => t`Next`,

  async fields(_payload, { person, as, ...turn }) {
    const labels = {
      label: t`Colleague`,
      emailLabel: t`The colleague's email address`,
      isNeeded: true,
    };
    const { picked, email } = await personFields(labels, undefined, turn);
    return {
      intro: [
        as === 'grant'
          ? rich`Next you'll see what the colleague has, and choose what ${strong(fullName(person))} (${person.email}) gets.`
          : rich`Next you'll see what the colleague has, and choose what to request for ${strong(fullName(person))} (${person.email}).`,
      ],
      fields: { picked, email },
    };
  },

  async submit({ picked, email }, { personId }, { shown, ...turn }) {
    const found = await personAnswered({ picked, email, shown }, turn);
    if (!found.ok) return { kind: 'invalid', errors: found.errors };
    const next = sameAsItems.with({ personId, colleagueId: found.person.id });
    return sameAsItems.press(next.payload, turn);
  },
});

export const sameAsItems = formAction({
  id: 'bundle.same-as-items',
  payload: z.object({ personId: z.string(), colleagueId: z.string() }),
  admit: lookUp,
  title: () => t`Same as a colleague`,
  submitLabel: () => t`Grant`,

  async fields(_payload, { person, by, as, colleague, chosen, ...turn }) {
    if (chosen.length === 0)
      return {
        refused: note(
          t`There is nothing to choose`,
          as === 'grant'
            ? t`${fullName(colleague)} has nothing that you can grant and that ${fullName(person)} doesn't have already.`
            : t`${fullName(colleague)} has nothing that you can request and that ${fullName(person)} doesn't have already.`,
        ),
      };
    const form = await formOf(chosen, { person, by, as }, turn);
    return {
      title: t`Same as ${fullName(colleague)}`,
      submitLabel: as === 'request' ? t`Request` : undefined,
      intro: [
        as === 'grant'
          ? rich`${strong(fullName(person))} (${person.email}) gets what you choose, with the same answers.`
          : rich`You request what you choose for ${strong(fullName(person))} (${person.email}), with the same answers.`,
        ...form.lines,
      ],
      fields: {
        [APPS]: {
          kind: 'choices',
          label: t`Apps`,
          options: chosen.flatMap(({ item, plan: { integration } }) =>
            integration ? [{ value: valueOf(item), label: labelOf(integration) }] : [],
          ),
        },
        ...lengthFields({ longest: null, noEnd: t`The longest time that each app allows` }),
        ...optional(form.facts),
        ...reasonField(form),
      },
    };
  },

  async submit(values, _payload, { person, by, as, colleague, chosen, ...turn }) {
    const length = readLength(values, null);
    if (!length.ok) return { kind: 'invalid', errors: length.errors };
    const ticked = [values[APPS] ?? []].flat();
    const wanted = chosen.filter(({ item }) => ticked.includes(valueOf(item)));
    if (wanted.length < ticked.length) return refuse(hasChanged(as));
    const items = wanted.map(({ item }) => ({ ...item, hours: length.hours }));
    const asked = await formOf(wanted, { person, by, as }, turn);
    // The form also asks for what only the other apps need.
    const facts = Object.fromEntries(
      Object.entries(factsIn(values)).filter(([id]) => Object.hasOwn(asked.facts, FACT + id)),
    );
    const missing = Object.keys(asked.facts).filter(
      (name) => !Object.hasOwn(facts, name.slice(FACT.length)),
    );
    if (missing.length > 0)
      return {
        kind: 'invalid',
        errors: Object.fromEntries(missing.map((name) => [name, t`Needs an answer.`])),
      };
    const of = { kind: 'same-as', personId: colleague.id } as const;
    return beginAs({ person, by, as, of, items, facts, values }, turn);
  },
});

/** An app with the answers that the form shows: other ones are not what was ticked. */
const valueOf = ({ integrationId, form }: BundleItem): string =>
  `${integrationId}:${fingerprint(JSON.stringify(form))}`;

const hasChanged = (as: Planning['as']): Card =>
  note(
    as === 'grant' ? t`Nothing was granted` : t`Nothing was requested`,
    t`What you chose has changed since you opened the form. Open it again to see how it is now.`,
  );

/** Facts that only some of the apps need. Which ones are needed is known when the apps are chosen. */
const optional = (fields: Fields): Fields =>
  Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, { ...field, optional: true }]),
  );

interface Chosen {
  readonly person: Person;
  readonly by: Person;
  readonly as: Planning['as'];
  readonly colleague: Person;
  /** What the colleague has and the person may be granted, or may request, now. */
  readonly chosen: readonly PlannedItem[];
}

/** A manager of the person grants; others who may request for them request. */
async function forWhom(
  { personId }: { readonly personId: string },
  turn: Turn,
): Promise<OrRefused<Pick<Chosen, 'person' | 'by' | 'as'>>> {
  const [person, by] = await Promise.all([
    turn.stores.people.find(personId),
    turn.stores.people.find(turn.actor.id),
  ]);
  const requests =
    person && by && person.active && !mayManage(by, person) && mayRequestFor(by, person);
  if (requests) return { person, by, as: 'request' };
  const granting = await mayGrantTo(personId, turn);
  return granting.refused ? { refused: granting.refused } : { ...granting, as: 'grant' };
}

async function lookUp(
  { personId, colleagueId }: { readonly personId: string; readonly colleagueId: string },
  turn: Turn,
): Promise<OrRefused<Chosen>> {
  const whom = await forWhom({ personId }, turn);
  if (whom.refused) return { refused: whom.refused };
  const { person, by, as } = whom;
  const colleague = await turn.stores.people.find(colleagueId);
  if (!colleague || !maySee(by, colleague)) {
    await auditRefusal(() => t`see this person's access`, turn, { personId: colleagueId });
    return { refused: await notTheirs(turn) };
  }
  const all = await itemsOfColleague(turn.stores, colleague);
  const planned = await planItems({ person, by, as }, all, turn);
  return { person, by, as, colleague, chosen: planned.filter(isBegun) };
}

const notTheirs = async (turn: Turn): Promise<Card> =>
  withoutRight(t`You can't see this person's access`, 'see', turn);
