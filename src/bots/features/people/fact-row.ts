/** The facts in an access row: those that wait to be confirmed, and buttons for readers who may enter or confirm them. */
import { t } from '../../../core/translate.ts';
import type { AccessRow } from '../../../engine/access/access-overview.ts';
import { fullName, type Person } from '../../../engine/people/directory.ts';
import type { FactClaim } from '../../../engine/people/fact-claim.ts';
import { mayAnswerClaims } from '../../../engine/people/fact-claims.ts';
import { isAskedInChat } from '../../../engine/people/fact-questions.ts';
import { mayManage } from '../../../engine/people/permission.ts';
import type { Reader } from '../../live/context.ts';
import type { Button } from '../../view/card.ts';
import { confirmFact, rejectFact } from './confirm-fact.ts';
import { enterFacts } from './enter-facts.ts';

/** What all rows of one card share. */
export interface FactsOfCard {
  readonly person: Person;
  readonly claims: readonly FactClaim[];
  readonly inChat: boolean;
  readonly mayEnter: boolean;
  readonly mayAnswer: boolean;
}

export async function factsOfCard(
  person: Person,
  { stores, reader }: Reader,
): Promise<FactsOfCard> {
  const claims = await stores.factClaims.of(person.id);
  return {
    person,
    claims,
    inChat: await isAskedInChat(stores, person),
    mayEnter: reader.active && (reader.id === person.id || mayManage(reader, person)),
    mayAnswer: claims.length > 0 && (await mayAnswerClaims(stores, reader, person)),
  };
}

export interface FactRow {
  /** Follows the row's own line; empty where no fact waits. */
  readonly line: string;
  readonly buttons: readonly Button[];
}

export function factRow({ integration, access, asks = [] }: AccessRow, card: FactsOfCard): FactRow {
  const { person, claims, inChat, mayEnter, mayAnswer } = card;
  const waiting = asks.flatMap(({ id, name: label }) => {
    const claim = claims.find(({ name }) => name === id);
    return claim ? [{ claim, label }] : [];
  });
  const missing = asks.filter(({ id }) => !claims.some(({ name }) => name === id));
  const labels = waiting.map(({ label }) => label).join(', ');
  const line =
    waiting.length === 0
      ? ''
      : inChat
        ? t`${labels}: waiting for ${fullName(person)} to confirm`
        : t`${labels}: waiting for an admin to confirm`;
  // A grant asks for missing facts itself. Where the check failed without them, this button is the next step.
  const enter: Button[] =
    mayEnter && missing.length > 0 && access?.state === 'unknown'
      ? [
          {
            label: enterLabel(missing),
            about: t`What ${integration.name} needs to know`,
            does: enterFacts.with({ personId: person.id, integrationId: integration.id }),
          },
        ]
      : [];
  return { line, buttons: [...(mayAnswer ? waiting.flatMap(answers) : []), ...enter] };
}

const enterLabel = (missing: NonNullable<AccessRow['asks']>): string => {
  const [only] = missing;
  return only && missing.length === 1 ? t`Enter ${only.name}…` : t`Enter missing facts…`;
};

function answers({
  claim: { personId, name, value, at },
  label,
}: {
  readonly claim: FactClaim;
  readonly label: string;
}): readonly Button[] {
  const ref = { personId, name, at: at.getTime() };
  return [
    {
      label: t`Confirm ${value}`,
      about: t`Confirm ${label}: ${value}`,
      does: confirmFact.with(ref),
    },
    { label: t`No…`, about: t`${label} isn't ${value}`, does: rejectFact.with(ref) },
  ];
}
