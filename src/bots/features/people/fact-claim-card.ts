/** A fact that someone else entered about a person: asks those who may confirm it, and then shows the result. */
import { z } from 'zod';
import { compact } from '../../../core/compact.ts';
import { t } from '../../../core/translate.ts';
import { tellAdmins } from '../../../engine/messages/notices.ts';
import { notifyAtOnce } from '../../../engine/messages/notify-person.ts';
import { fullName, nameOrDeleted, type Person } from '../../../engine/people/directory.ts';
import type { FactClaim } from '../../../engine/people/fact-claim.ts';
import { mayAnswerClaims } from '../../../engine/people/fact-claims.ts';
import { factLabel, isAskedInChat } from '../../../engine/people/fact-questions.ts';
import { isAdmin } from '../../../engine/people/permission.ts';
import { knownFacts } from '../../../engine/people/stored-values.ts';
import type { Jobs } from '../../../engine/ports/jobs.ts';
import type { Stores, UnitOfWork } from '../../../engine/ports/unit-of-work.ts';
import { toText } from '../../../engine/templates/render.ts';
import { factTopic } from '../../../engine/work/topics.ts';
import type { Reader } from '../../live/context.ts';
import {
  buttonRow,
  type Card,
  type Fact,
  factList,
  note,
  paragraph,
  strong,
} from '../../view/card.ts';
import { liveCard } from '../../view/live-card.ts';
import { confirmFact, rejectFact } from './confirm-fact.ts';

export const factClaimCard = liveCard({
  id: 'fact-claim',
  payload: z.object({ personId: z.string(), name: z.string() }),
  topic: ({ personId, name }) => factTopic(personId, name),

  async render({ personId, name }, { stores, reader }: Reader) {
    const person = await stores.people.find(personId);
    if (!person || !(reader.id === person.id || isAdmin(reader))) return over();
    const label = await factLabel(stores, name);
    const claim = await stores.factClaims.find(personId, name);
    if (!claim) return answered(person, { name, label }, reader);
    return (await mayAnswerClaims(stores, reader, person))
      ? question(claim, person, { label, reader, typedBy: await typistOf(claim, stores) })
      : note(
          t`${fullName(person)} will confirm this themselves`,
          t`They are in chat now and have the question there. You don't need to do anything.`,
        );
  },
});

interface Deps {
  readonly stores: Stores;
  readonly transact: UnitOfWork;
}

/** Posts the question to the person, or to admins where chat can't reach the person. */
export async function askAboutFact(
  { personId, name }: Jobs['fact.ask'],
  { stores, transact }: Deps,
): Promise<void> {
  const person = await stores.people.find(personId);
  if (!person || !(await stores.factClaims.find(personId, name))) return;
  const card = factClaimCard.with({ personId, name });
  const inChat = await isAskedInChat(stores, person);
  await transact((tx) => (inChat ? notifyAtOnce(tx, personId, { card }) : tellAdmins(tx, card)));
}

interface Question {
  readonly label: string;
  readonly reader: Person;
  readonly typedBy: string;
}

function question(claim: FactClaim, person: Person, { label, reader, typedBy }: Question): Card {
  const { personId, name, value, at } = claim;
  const isOwn = reader.id === person.id;
  const ref = { personId, name, at: at.getTime() };
  const facts: Fact[] = compact([
    !isOwn && [t`Person`, `${fullName(person)} (${person.email})`],
    [label, [strong(value)]],
    [t`Entered by`, typedBy],
  ]);
  return {
    title: isOwn
      ? t`Confirm: your ${label} is ${value}`
      : t`Confirm: ${fullName(person)}'s ${label} is ${value}`,
    blocks: [
      factList(facts),
      paragraph(
        isOwn
          ? t`Latchkey uses it to grant, check and remove your access, but only after you confirm it.`
          : t`${fullName(person)} isn't in chat, so an admin confirms it. Latchkey doesn't use it before that.`,
      ),
      ...buttonRow([
        {
          label: isOwn ? t`Yes, that's mine` : t`Confirm`,
          tone: 'primary',
          does: confirmFact.with(ref),
        },
        { label: t`No…`, does: rejectFact.with(ref) },
      ]),
    ],
  };
}

function answered(
  person: Person,
  { name, label }: { readonly name: string; readonly label: string },
  reader: Person,
): Card {
  const facts = knownFacts(person);
  const isKnown = Object.hasOwn(facts, name);
  if (reader.id === person.id)
    return isKnown
      ? note(
          t`✓ Your ${label} is ${toText(facts[name] ?? '')}`,
          t`Latchkey uses it for your access.`,
        )
      : note(
          t`Your ${label} wasn't saved`,
          t`Latchkey doesn't use it, and asks you for it when an app needs it.`,
        );
  return isKnown
    ? note(t`✓ ${fullName(person)}'s ${label} is confirmed`, t`Latchkey uses it for their access.`)
    : note(
        t`${fullName(person)}'s ${label} wasn't saved`,
        t`Latchkey doesn't use it, and asks for it when an app needs it.`,
      );
}

/** The name of the person who entered it. */
export async function typistOf({ typedById }: FactClaim, { people }: Stores): Promise<string> {
  const typedBy = typedById === undefined ? undefined : await people.find(typedById);
  return nameOrDeleted(typedBy);
}

const over = (): Card => note(t`This question is closed`, t`You don't need to do anything.`);
