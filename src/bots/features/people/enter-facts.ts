/** Facts about a person: those that one app needs, for anyone who may enter them; and all of them, for admins. */
import { t } from '../../../core/translate.ts';
import { fullName, type Person } from '../../../engine/people/directory.ts';
import { changeFacts, keepFacts } from '../../../engine/people/fact-claims.ts';
import { factQuestions, factsAskedBy } from '../../../engine/people/fact-questions.ts';
import { mayManage } from '../../../engine/people/permission.ts';
import { knownFacts } from '../../../engine/people/stored-values.ts';
import { toText } from '../../../engine/templates/render.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import { formAction, type Reply } from '../../view/action.ts';
import { type Card, note, rich, strong } from '../../view/card.ts';
import type { Fields, Values } from '../../view/form.ts';
import { leftAlone } from '../../view/left-alone.ts';
import { type AccessRef, about } from '../access/allowed.ts';
import { FACT, factFields, factsIn, knownOf, refuseFact } from '../access/grant-form.ts';
import { auditRefusal, refuse } from '../admins.ts';
import { personForAdmin } from './person-asked.ts';
import { personPayload, showPerson } from './person-ref.ts';

/** The facts that one app needs and that aren't confirmed. */
export const enterFacts = formAction({
  id: 'fact.enter',
  payload: about,
  admit: lookUp,
  title: () => t`What an app needs to know`,
  submitLabel: () => t`Save`,

  async fields(_payload, { person, integration, missing, ...turn }) {
    if (missing.length === 0) return { refused: nothingMissing(person) };
    return {
      title: integration.name,
      intro: [await whatBecomesOfIt(person, turn)],
      fields: factFields(missing, await knownOf(person, turn.stores)),
    };
  },

  async submit(values, _payload, { person, ...turn }) {
    const typed = { personId: person.id, facts: factsIn(values), actor: actorOf(turn) };
    const kept = await turn.transact((tx) => keepFacts(tx, typed));
    if (kept.kind === 'taken') return refuseFact(kept);
    return kept.waiting.length === 0 ? { kind: 'nothing' } : refuse(asked(person));
  },
});

const wanted = () => t`change facts about people`;

/** Every fact that integrations need, with its value. An admin can correct or clear it. */
export const editFacts = formAction({
  id: 'person.facts',
  payload: personPayload,
  admit: personForAdmin(wanted),
  title: () => t`Facts about a person`,
  submitLabel: () => t`Save`,

  async fields(_payload, { person, ...turn }) {
    const questions = await factQuestions(turn.stores);
    if (questions.length === 0) return { refused: nothingAsked() };
    const { stored, claimed } = await knownOf(person, turn.stores);
    const known = Object.entries(stored).map(([name, value]) => [name, toText(value)] as const);
    const fields = factFields(questions, {
      stored: {},
      claimed: { ...claimed, ...Object.fromEntries(known) },
    });
    return {
      intro: [
        rich`${strong(fullName(person))} (${person.email}): saving also confirms the facts. A blank field removes the fact.`,
      ],
      fields: Object.fromEntries(
        Object.entries(fields).map(([name, field]) => [name, { ...field, optional: true }]),
      ),
    };
  },

  async submit(values, { personId }, { shown, ...turn }): Promise<Reply | Invalid> {
    const typed = { personId, facts: changedFacts(values, shown), actor: actorOf(turn) };
    const kept = await turn.transact((tx) => changeFacts(tx, typed));
    return kept.kind === 'taken' ? refuseFact(kept) : showPerson(personId);
  },
});

interface Invalid {
  readonly kind: 'invalid';
  readonly errors: Readonly<Record<string, string>>;
}

/** For the person, those who manage them, and admins. */
async function lookUp({ personId, integrationId }: AccessRef, turn: Turn) {
  const { stores } = turn;
  const [actor, person, integration] = await Promise.all([
    stores.people.find(turn.actor.id),
    stores.people.find(personId),
    stores.integrations.find(integrationId),
  ]);
  if (!person || !integration || integration.deletedAt)
    return { refused: note(t`This no longer exists`, t`The person or the app no longer exists.`) };
  const may = actor?.active && (actor.id === person.id || mayManage(actor, person));
  if (!may) {
    await auditRefusal(() => t`enter facts about a person`, turn, { personId, integrationId });
    return {
      refused: note(
        t`You can't enter this`,
        t`Only the person, their manager and Latchkey admins can. Nothing changed.`,
      ),
    };
  }
  const missing = (await factsAskedBy(stores, integration)).filter(
    ({ id }) => !Object.hasOwn(knownFacts(person), id),
  );
  return { person, integration, missing };
}

async function whatBecomesOfIt(person: Person, turn: Turn): Promise<string> {
  const actor = await turn.stores.people.find(turn.actor.id);
  if (actor?.id === person.id) return t`From now on, Latchkey uses it for your access.`;
  return actor?.role === 'admin'
    ? t`From now on, Latchkey uses it for ${fullName(person)}'s access.`
    : t`${fullName(person)} has to confirm it before Latchkey uses it.`;
}

/** Leaves out facts that weren't changed in the form; a cleared field is an empty text. */
function changedFacts(values: Values<Fields>, shown: Fields): Readonly<Record<string, string>> {
  const untouched = leftAlone(values, shown);
  const changed = Object.keys(shown).filter((name) => !untouched.has(name));
  return Object.fromEntries(
    changed.map((name) => [name.slice(FACT.length), String(values[name] ?? '')]),
  );
}

const asked = (person: Person): Card =>
  note(
    t`${fullName(person)} has to confirm this first`,
    t`I sent the question. Until it's answered, Latchkey doesn't use what you entered.`,
  );

const nothingMissing = (person: Person): Card =>
  note(t`Nothing is missing now`, t`This app has every fact it needs about ${fullName(person)}.`);

const nothingAsked = (): Card =>
  note(t`No app needs facts about people`, t`None of your integrations needs any.`);
