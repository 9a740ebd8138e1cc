/** `grant` and `revoke` without an integration: the actor picks one, then its form opens. */
import { z } from 'zod';
import { t } from '../../../core/translate.ts';
import { type AccessRow, accessOf, mayBeRevoked } from '../../../engine/access/access-overview.ts';
import { changeWords } from '../../../engine/access/may-change.ts';
import { notSetUpWords, statesOf } from '../../../engine/integrations/integration-state.ts';
import { labelOf, type Person } from '../../../engine/people/directory.ts';
import { isAdmin, mayGrant, mayManage } from '../../../engine/people/permission.ts';
import type { Turn } from '../../live/context.ts';
import {
  buttonAction,
  type OrRefused,
  type Reply,
  replaceWith,
  sayHere,
  sayToPerson,
} from '../../view/action.ts';
import { type Block, buttonRow, type Card, muted, note } from '../../view/card.ts';
import { auditRefusal } from '../admins.ts';
import { pickBundle } from '../bundles/grant-bundle.ts';
import { sameAs } from '../bundles/same-as.ts';
import { listRow } from '../list-card.ts';
import { onPage, pageFoot, pageShown } from '../paging.ts';
import { nameOf } from '../people/person-words.ts';
import { someNames } from '../some-names.ts';
import { noteToAsk } from '../whom-to-ask.ts';
import { wordButton } from '../word-button.ts';
import { openAccess } from './access-card.ts';
import { hasLeft } from './allowed.ts';
import { grantAccess } from './grant-access.ts';
import { revokeAccess } from './revoke-access.ts';

type Purpose = 'grant' | 'revoke';

/** The same number as on the access card. */
const ROWS = 10;
/** How many integrations are read; a company has dozens. */
const ALL = { offset: 0, limit: 10_000 };

export const turnPickerPage = buttonAction({
  id: 'integration.page',
  payload: pageShown.extend({ personId: z.string(), purpose: z.enum(['grant', 'revoke']) }),
  admit: personToManage,
  refusesInPlace: true,
  handle: async ({ purpose, page }, { person, ...turn }) =>
    replaceWith(await picker(person, { purpose, page }, turn)),
});

/** Shows what they have, and checks it. */
export const checkNow = buttonAction({
  id: 'revoke.check',
  payload: z.object({ personId: z.string() }),
  admit: ({ personId }, turn: Turn) => personToManage({ personId, purpose: 'revoke' }, turn),
  handle: (_payload, { person, ...turn }) => openAccess(person, turn),
});

interface Managing {
  readonly personId: string;
  readonly purpose: Purpose;
}

async function personToManage(
  { personId, purpose }: Managing,
  turn: Turn,
): Promise<OrRefused<{ readonly person: Person }>> {
  const person = await turn.stores.people.find(personId);
  return person && mayManage(turn.actor, person)
    ? { person }
    : { refused: await notAllowed({ personId, purpose }, turn) };
}

export async function pickIntegration(
  person: Person,
  purpose: Purpose,
  turn: Turn,
): Promise<Reply> {
  if (!mayManage(turn.actor, person))
    return sayHere(await notAllowed({ personId: person.id, purpose }, turn));
  return sayToPerson(await picker(person, { purpose, page: 0 }, turn));
}

async function picker(
  person: Person,
  { purpose, page }: { readonly purpose: Purpose; readonly page: number },
  turn: Turn,
): Promise<Card> {
  if (purpose === 'grant' && !person.active) return hasLeft(person);
  const { rows } = await accessOf(turn.stores, person, ALL);
  const revocable = purpose === 'revoke' ? rows.filter(mayBeRevoked) : [];
  const unsure = revocable.filter((row) => !isOnRecord(row));
  const offered =
    purpose === 'grant'
      ? rows.filter(
          ({ integration }) => integration.enabled && mayGrant(turn.actor, person, integration),
        )
      : revocable.filter(isOnRecord);
  const name = nameOf(person);
  if (offered.length === 0)
    return purpose === 'grant'
      ? rows.length === 0
        ? note(
            t`Nothing to grant yet`,
            t`No integration grants access. An admin can add the first one.`,
          )
        : await noteToAsk(
            t`There is nothing you can grant`,
            t`Only Latchkey admins can grant the apps here.`,
            turn,
          )
      : nothingToRevoke(person, unsure);
  const list = onPage(offered, page, ROWS);
  const states =
    purpose === 'grant'
      ? await statesOf(
          turn.stores,
          list.items.map(({ integration }) => integration),
        )
      : [];
  const notSetUp = new Map(states.map((each) => [each.integration.id, notSetUpWords(each)]));
  const isSomeNotSetUp = [...notSetUp.values()].some(Boolean);
  return {
    title: purpose === 'grant' ? t`What should ${name} get?` : t`Revoke which access from ${name}?`,
    blocks: [
      ...list.items.flatMap((row) => {
        const why = notSetUp.get(row.integration.id);
        return why === undefined
          ? renderChoice(row, person, purpose)
          : listRow(row.integration.name, why);
      }),
      ...checkTheRest(person, unsure),
      ...pageFoot(list, (to) => turnPickerPage.with({ personId: person.id, purpose, page: to })),
      ...(purpose === 'grant' ? otherWays(person, isSomeNotSetUp && isAdmin(turn.actor)) : []),
    ],
  };
}

/** @param setsUp leads to where an integration is set up */
const otherWays = ({ id: personId }: Person, setsUp: boolean): Block[] => [
  { kind: 'divider' },
  ...buttonRow([
    { label: t`Bundle…`, does: pickBundle.with({ personId, page: 0 }) },
    { label: t`Same as a colleague…`, does: sameAs.with({ personId }) },
    ...(setsUp ? [wordButton(t`Integrations`, 'integrations')] : []),
  ]),
];

function nothingToRevoke(person: Person, unsure: readonly AccessRow[]): Card {
  const name = nameOf(person);
  const { title, blocks } = note(
    t`There is nothing to revoke from ${name}`,
    t`${name} has no access on record that Latchkey can remove. The access card checks again.`,
  );
  return { title, blocks: [...blocks, ...checkTheRest(person, unsure)] };
}

/** Nothing, where all of it is on record. */
function checkTheRest({ id: personId }: Person, unsure: readonly AccessRow[]): Block[] {
  if (unsure.length === 0) return [];
  const names = unsure.map(({ integration }) => labelOf(integration));
  return [
    muted(t`Not confirmed: ${someNames(names, NAMED)}.`),
    ...buttonRow([{ label: t`Check now`, does: checkNow.with({ personId }) }]),
  ];
}
const NAMED = 10;

/** What they have or are being given, as far as Latchkey knows; the access card checks the rest. */
const isOnRecord = ({ access, run, task }: AccessRow): boolean =>
  access?.state === 'has' || run?.kind === 'execute' || task?.kind === 'grant';

function renderChoice(
  { integration, access, run, task }: AccessRow,
  person: Person,
  purpose: Purpose,
): Block[] {
  const target = { personId: person.id, integrationId: integration.id };
  const known = { has: t`has access`, none: t`no access`, unknown: t`not confirmed` } as const;
  const running = run && (run.kind === 'execute' ? t`is being granted` : t`is being revoked`);
  const byHand =
    task && (task.kind === 'grant' ? t`is being granted by hand` : t`is being removed by hand`);
  const state = running ?? byHand ?? (access ? known[access.state] : t`no access on record`);
  return listRow(
    integration.name,
    state,
    purpose === 'grant'
      ? {
          label: t`Grant…`,
          about: t`Grant: ${integration.name}`,
          does: grantAccess.with(target),
        }
      : {
          label: t`Revoke…`,
          about: t`Revoke: ${integration.name}`,
          does: revokeAccess.with(target),
        },
  );
}

/** The refusal is in the audit log. */
async function notAllowed({ personId, purpose }: Managing, turn: Turn): Promise<Card> {
  await auditRefusal(() => changeWords(purpose), turn, { personId });
  return noteToAsk(
    purpose === 'grant'
      ? t`You can't grant this person access`
      : t`You can't revoke this person's access`,
    t`Only their manager and Latchkey admins can.`,
    turn,
  );
}
