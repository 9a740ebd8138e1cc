/** For admins: Remove, Adopt, Service account, Ignore and Reopen at a finding. The list follows. */
import { z } from 'zod';
import { addDays, dayIn } from '../../../core/days.ts';
import { t } from '../../../core/translate.ts';
import {
  adoptFinding,
  type Decided,
  type Deciding,
  ignoreFinding,
  isOwn,
  isStill,
  makeService,
  removeFinding,
  reopenFinding,
} from '../../../engine/findings/decide-finding.ts';
import type { Finding } from '../../../engine/findings/finding.ts';
import { fullName, type Integration, type Person } from '../../../engine/people/directory.ts';
import type { Transaction } from '../../../engine/ports/unit-of-work.ts';
import { actorOf, type Turn } from '../../live/context.ts';
import { buttonAction, formAction, type Reply } from '../../view/action.ts';
import { type Card, note, rich, strong } from '../../view/card.ts';
import { errorsOf } from '../../view/form.ts';
import { adminsTo, refuse } from '../admins.ts';
import { personAnswered, personFields } from '../people/person-fields.ts';

/** `personId`: whose account it is on the card. */
const target = z.object({ findingId: z.string(), personId: z.string().optional() });
type Target = z.infer<typeof target>;

const toDecide = adminsTo(() => t`decide on findings`);

interface AtHand {
  readonly finding: Finding;
  readonly integration: Integration;
  /** Whose account it is, as far as Latchkey knows. */
  readonly person: Person | undefined;
}

type FindingOrRefused = AtHand | { readonly refused: Card };

async function lookUp(
  { findingId, personId: seenPersonId }: Target,
  { stores }: Turn,
): Promise<FindingOrRefused> {
  const finding = await stores.findings.find(findingId);
  const integration = finding && (await stores.integrations.find(finding.integrationId));
  if (!finding || !integration || integration.deletedAt || !isStill(finding, { seenPersonId }))
    return { refused: over() };
  const { personId } = finding;
  const person = personId === undefined ? undefined : await stores.people.find(personId);
  return { finding, integration, person };
}

/** Of a form whose answer would keep the account. */
async function lookUpToKeep(payload: Target, turn: Turn): Promise<FindingOrRefused> {
  const found = await lookUp(payload, turn);
  if ('refused' in found) return found;
  return (await isOwn(turn.stores, found.finding, actorOf(turn))) ? { refused: own() } : found;
}

const own = (): Card =>
  note(
    t`This finding is about you`,
    t`Another Latchkey admin has to decide whether the account stays. You can remove it. Nothing changed.`,
  );

const over = (): Card =>
  note(
    t`This finding is closed`,
    t`Someone has decided or granted it since, the person is back, the account is someone else's, or the app no longer lists it. Nothing changed.`,
  );

/** The list shows what became of it. */
async function done(
  { findingId, personId: seenPersonId }: Target,
  turn: Turn,
  decide: (tx: Transaction, deciding: Deciding) => Promise<Decided>,
): Promise<Reply> {
  const decided = await turn.transact((tx) =>
    decide(tx, { findingId, seenPersonId, actor: actorOf(turn) }),
  );
  if (decided === 'own') return refuse(own());
  return decided === 'done' ? { kind: 'nothing' } : refuse(over());
}

const nameOf = ({ finding: { label }, person }: AtHand): string =>
  label === '' && person ? fullName(person) : label;

export const removeAccount = formAction({
  id: 'finding.remove',
  payload: target,
  admit: toDecide,
  title: () => t`Remove access`,
  submitLabel: () => t`Remove`,
  tone: 'danger',

  async fields(payload, turn) {
    const found = await lookUp(payload, turn);
    if ('refused' in found) return found;
    const { integration, person } = found;
    if (!person || found.finding.kind === 'orphan') return { refused: over() };
    return {
      intro: [
        rich`This ends all access of ${strong(fullName(person))} to ${strong(integration.name)}, with the account ${strong(nameOf(found))}. Data that the app deletes can't be restored.`,
      ],
    };
  },

  submit: (_values, payload, turn) => done(payload, turn, removeFinding),
});

export const ignoreAccount = buttonAction({
  id: 'finding.ignore',
  payload: target,
  admit: toDecide,
  handle: (payload, turn) => done(payload, turn, ignoreFinding),
});

export const reopenAccount = buttonAction({
  id: 'finding.reopen',
  payload: target,
  admit: toDecide,
  handle: (payload, turn) => done(payload, turn, reopenFinding),
});

export const adoptAccount = formAction({
  id: 'finding.adopt',
  payload: target,
  admit: toDecide,
  title: () => t`Adopt the account`,
  submitLabel: () => t`Adopt`,

  async fields(payload, turn) {
    const found = await lookUpToKeep(payload, turn);
    if ('refused' in found) return found;
    const { picked, email } = await personFields(
      {
        label: t`Whose is it?`,
        emailLabel: t`Whose is it? (email)`,
        hint: t`This can also be someone who has left.`,
        isNeeded: true,
      },
      found.person,
      turn,
    );
    return {
      intro: [
        rich`The owner keeps ${strong(nameOf(found))} at ${strong(found.integration.name)}. From now on, Latchkey reviews it with their other access and removes it on their last day. If they have left, you can remove it next.`,
      ],
      fields: { picked, email },
    };
  },

  async submit({ picked, email }, payload, { shown, ...turn }) {
    const answered = await personAnswered({ picked, email, shown, mayHaveLeft: true }, turn);
    if (!answered.ok) return { kind: 'invalid', errors: answered.errors };
    const { person } = answered;
    return done(payload, turn, (tx, deciding) => adoptFinding(tx, { ...deciding, person }));
  },
});

/** Days until a service account is looked at again, unless an admin says otherwise. */
const HALF_A_YEAR = 180;
const MOST_DAYS = 730;

export const makeServiceAccount = formAction({
  id: 'finding.service',
  payload: target,
  admit: toDecide,
  title: () => t`Service account`,
  submitLabel: () => t`Save`,

  async fields(payload, turn) {
    const found = await lookUpToKeep(payload, turn);
    if ('refused' in found) return found;
    const { picked, email } = await personFields(
      {
        label: t`Owner`,
        emailLabel: t`Owner (email)`,
        hint: t`They are responsible for what the account does.`,
        isNeeded: true,
      },
      turn.actor,
      turn,
    );
    return {
      intro: [
        rich`${strong(nameOf(found))} at ${strong(found.integration.name)} belongs to a system. It comes back to this list on the date below, and when its owner leaves.`,
      ],
      fields: {
        picked,
        email,
        until: {
          kind: 'date',
          label: t`Review it again on`,
          initial: addDays(dayIn(turn.timeZone, turn.now()), HALF_A_YEAR),
        },
      },
    };
  },

  async submit({ picked, email, until }, payload, { shown, ...turn }) {
    const today = dayIn(turn.timeZone, turn.now());
    const answered = await personAnswered({ picked, email, shown }, turn);
    const wrong =
      until <= today
        ? t`Choose a date in the future.`
        : until > addDays(today, MOST_DAYS)
          ? t`At most two years from now.`
          : undefined;
    if (!answered.ok || wrong !== undefined)
      return { kind: 'invalid', errors: { ...errorsOf(answered), until: wrong } };
    const { person: owner } = answered;
    return done(payload, turn, (tx, deciding) =>
      makeService(tx, { ...deciding, owner, lookAgainOn: until }),
    );
  },
});
