/** What a sentence is answered with that opens no form: whom to ask, whom to tell, and what is theirs. */
import { compact } from '../../../core/compact.ts';
import { listed } from '../../../core/listed.ts';
import { sentences, t } from '../../../core/translate.ts';
import { fullName, type Integration, type Person } from '../../../engine/people/directory.ts';
import { isAdmin, may, mayAt } from '../../../engine/people/permission.ts';
import { policyInWords } from '../../../engine/requests/policy-words.ts';
import { whyNotRequest } from '../../../engine/requests/requestable.ts';
import { policyOf } from '../../../engine/settings/settings.ts';
import type { Turn } from '../../live/context.ts';
import { sayToPerson } from '../../view/action.ts';
import { type Button, type Card, note, type Text, withButtons } from '../../view/card.ts';
import { openHome } from '../home/home.ts';
import { openPerson } from '../people/open-person.ts';
import { openPeople } from '../people/people-list.ts';
import { approvalNow } from '../requests/approval-now.ts';
import { openAbsence } from '../requests/away.ts';
import { someNames } from '../some-names.ts';
import { adminNames, askAnAdmin, askToGrant } from '../whom-to-ask.ts';
import { wordButton } from '../word-button.ts';
import type { Named } from './names.ts';
import { type Offer, offerRequest, ownAccess } from './offers.ts';

/** Who approves a request of theirs; where they may request none, why. Owners and admins read the rule. */
export async function offerApprovers(named: Named, turn: Turn): Promise<Offer | undefined> {
  const own = await offerRequest(named, { end: undefined }, turn);
  if (named.kind === 'bundle') return own;
  const card = withButtons(
    note(t`Who approves ${named.name}`, ...(await whoApproves(named.app, turn))),
    ...compact([own?.button]),
  );
  return { ...(own ?? ownAccess(turn)), isAnswer: true, open: async () => sayToPerson(card) };
}

async function whoApproves(app: Integration, turn: Turn): Promise<readonly (string | Text)[]> {
  const why = whyNotRequest(turn.actor, app);
  if (why === undefined)
    return (await approvalNow({ person: turn.actor, integration: app }, turn)).words;
  if (!mayAt(turn.actor, 'see app', app))
    return [sentences(why, await askToGrant({ person: turn.actor, integration: app }, turn))];
  const [rule = why] = await policyInWords(policyOf(app), turn.stores);
  return [rule];
}

/** A thing of theirs is lost that gives access. Latchkey can't tell whose it is now, so people have to act. */
export const whomToTell = (turn: Turn): Offer => ({
  ...ownAccess(turn),
  isAnswer: true,
  async open() {
    const manager = await managerOf(turn);
    const admins = await adminNames(turn);
    return sayToPerson(
      withButtons(
        note(
          t`Tell someone at once`,
          sentences(
            manager
              ? t`Call your manager, ${fullName(manager)}, or a Latchkey admin: they can revoke your access before someone else uses it.`
              : t`Call a Latchkey admin: they can revoke your access before someone else uses it.`,
            admins.length > 0 && t`Latchkey admins: ${listed(admins, 'and')}.`,
          ),
        ),
        ownAccess(turn).button,
      ),
    );
  },
});

/** An answer that names people. */
const whomToAsk = (turn: Turn, card: () => Promise<Card>, ...buttons: Button[]): Offer => ({
  ...ownAccess(turn),
  isAnswer: true,
  open: async () =>
    sayToPerson(withButtons(await card(), ...buttons, wordButton(t`What I can do`, 'help'))),
});

/** Where admins change what is said of them. */
const ownCard = ({ actor }: Turn): Button[] =>
  isAdmin(actor) ? [{ label: t`Your card`, does: openPerson.with({ personId: actor.id }) }] : [];

/** More than in other answers: someone asked for the names. */
const MAX_ADMINS = 10;

/** "Who are the admins?", "I need to talk to someone". */
export const whoAreAdmins = (turn: Turn): Offer =>
  whomToAsk(turn, async () => {
    const { actor, stores } = turn;
    const manager = await managerOf(turn);
    const others = (await stores.people.admins()).filter(({ id }) => id !== actor.id);
    const names = someNames(others.map(fullName), MAX_ADMINS);
    return note(
      t`Who can help you`,
      sentences(
        isAdmin(actor) && t`You're a Latchkey admin yourself.`,
        names === ''
          ? await askAnAdmin(turn)
          : isAdmin(actor)
            ? t`The others: ${names}.`
            : t`Latchkey admins set up apps and accounts: ${names}.`,
        manager && t`Your manager here is ${fullName(manager)}.`,
      ),
    );
  });

export const whoIsManager = (turn: Turn): Offer =>
  whomToAsk(
    turn,
    async () => {
      const manager = await managerOf(turn);
      return note(
        manager ? t`Your manager here is ${fullName(manager)}` : t`You have no manager here`,
        isAdmin(turn.actor)
          ? t`If that's wrong, change it on your card.`
          : sentences(t`If that's wrong, a Latchkey admin can change it.`, await askAnAdmin(turn)),
      );
    },
    ...ownCard(turn),
  );

/** Latchkey has no passwords of people. */
export const aboutPasswords = (turn: Turn): Offer =>
  whomToAsk(turn, async () =>
    note(
      t`I can't reset passwords`,
      sentences(
        t`Use "Forgot password" where you sign in to the app.`,
        !isAdmin(turn.actor) && t`If that doesn't help, a Latchkey admin can look into it.`,
        !isAdmin(turn.actor) && (await askAnAdmin(turn)),
      ),
    ),
  );

export const aboutDetails = (turn: Turn): Offer =>
  whomToAsk(
    turn,
    async () =>
      note(
        t`Only Latchkey admins change people's details`,
        isAdmin(turn.actor) ? t`You can change yours on your card.` : await askAnAdmin(turn),
      ),
    ...ownCard(turn),
  );

async function managerOf({ actor, stores }: Turn): Promise<Person | undefined> {
  const { managerId } = actor;
  const manager = managerId === undefined ? undefined : await stores.people.find(managerId);
  return manager?.active ? manager : undefined;
}

/** Whether a delegate still approves for them. */
export const ownAbsence = (turn: Turn): Offer => ({
  button: wordButton(t`Your delegate`, 'away'),
  isAnswer: true,
  open: () => openAbsence(turn),
});

/** Their reports. For those who see everyone, `people` lists everyone, and Home their reports. */
export async function ownTeam(turn: Turn): Promise<Offer> {
  const isAmongAll = may(turn.actor, 'see') && (await turn.stores.people.hasReports(turn.actor.id));
  return {
    button: wordButton(t`People who report to you`, isAmongAll ? 'home' : 'people'),
    isAnswer: true,
    open: () => (isAmongAll ? openHome(turn) : openPeople('', turn)),
  };
}
