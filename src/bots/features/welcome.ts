/** What Latchkey says when it first meets someone, and when someone says hello. */
import { z } from 'zod';
import { compact } from '../../core/compact.ts';
import { t } from '../../core/translate.ts';
import { queuePost } from '../../engine/messages/notify-person.ts';
import { fullName, type Person } from '../../engine/people/directory.ts';
import { isAdmin } from '../../engine/people/permission.ts';
import type { Transaction } from '../../engine/ports/unit-of-work.ts';
import { isUntouched } from '../../engine/settings/setting-up.ts';
import { personTopic } from '../../engine/work/topics.ts';
import type { Reader, Turn } from '../live/context.ts';
import { type Reply, sayHere, showCard } from '../view/action.ts';
import type { Greeting } from '../view/bot-deps.ts';
import {
  type Button,
  buttonRow,
  type Card,
  muted,
  note,
  paragraph,
  withButtons,
} from '../view/card.ts';
import { liveCard } from '../view/live-card.ts';
import { helpCard, useWord } from './commands.ts';
import { firstSteps } from './settings/first-steps.ts';

export const welcomeCard = liveCard({
  id: 'welcome',
  payload: z.object({ personId: z.string() }),
  topic: ({ personId }) => personTopic(personId),

  async render(_payload, { reader, stores }: Reader): Promise<Card> {
    const manager = reader.managerId && (await stores.people.find(reader.managerId));
    return {
      title: hello(reader),
      blocks: compact([
        paragraph(
          t`I'm Latchkey. I set up people's accounts on their first day and remove them on their last. Ask me when you need access to an app.`,
        ),
        manager &&
          muted(
            t`Your manager here is ${fullName(manager)}. If that's wrong, tell a Latchkey admin.`,
          ),
        ...buttonRow(firstButtons()),
      ]),
    };
  },
});

const hello = ({ firstName }: Person): string => (firstName ? t`Hello ${firstName}` : t`Hello`);

/** The same for everyone: a group may see them, and each press is answered to the one who pressed. */
const firstButtons = (): Button[] => [
  { label: t`Request access…`, tone: 'primary', does: useWord.with({ text: 'request' }) },
  { label: t`Home`, does: useWord.with({ text: 'home' }) },
  { label: t`What I can do`, does: useWord.with({ text: 'help' }) },
];

/** If the reply to their first message is the welcome, it isn't sent again. */
const PAUSE_MS = 2000;

/**
 * Sends the welcome to someone whom Latchkey meets on their first platform; to the first admin what there is to set up.
 * Where they wrote nothing there is no reply to wait for.
 */
export async function welcomeOnce(
  tx: Transaction,
  person: Person,
  { now, unasked }: { readonly now: Date; readonly unasked: boolean },
): Promise<void> {
  if ((await tx.identities.ofPerson(person.id)).length > 1) return;
  const message = {
    personId: person.id,
    card: await firstCard(person, tx),
    unlessShown: true,
    key: `welcome:${person.id}`,
  };
  await queuePost(tx, message, unasked ? now : new Date(now.getTime() + PAUSE_MS));
}

const firstCard = async (person: Person, stores: Parameters<typeof isUntouched>[0]) =>
  isAdmin(person) && (await isUntouched(stores))
    ? firstSteps.with({})
    : welcomeCard.with({ personId: person.id });

/** The answer to "hello", and to a group in which Latchkey was installed. `welcomeOnce` greets a person who is met. */
export async function answerGreeting({ actor }: Turn, { place, met }: Greeting): Promise<Reply> {
  if (place === 'shared') return sayHere(met ? helloAll(actor) : helpCard(actor));
  if (met) return { kind: 'nothing' };
  return showCard(welcomeCard.with({ personId: actor.id }));
}

/** To a group or a team. @param by who added Latchkey */
const helloAll = (by: Person): Card =>
  withButtons(
    note(
      t`Hello everyone`,
      t`I'm Latchkey, and ${fullName(by)} added me here. I set up people's accounts on their first day and remove them on their last. Anything about you, I send only to you.`,
    ),
    ...firstButtons(),
  );
