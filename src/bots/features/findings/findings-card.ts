/** `findings`: what the apps' lists of accounts show that Latchkey didn't cause. Filtered by kind, state and app. */
import { z } from 'zod';
import { compact } from '../../../core/compact.ts';
import { byId } from '../../../core/ids.ts';
import { plural, sayNumber, sentences, t } from '../../../core/translate.ts';
import { type AccountRound, isShort } from '../../../engine/findings/account-round.ts';
import { type Listing, listing } from '../../../engine/findings/due-rounds.ts';
import {
  type Finding,
  type FindingKind,
  findingKinds,
  isUnchecked,
  type ListedAccount,
  standings,
  statesOf,
} from '../../../engine/findings/finding.ts';
import { beginRound } from '../../../engine/findings/hold-round.ts';
import {
  type Integration,
  labelOf,
  nameOrDeleted,
  type Person,
} from '../../../engine/people/directory.ts';
import { maySeeSetUp } from '../../../engine/people/permission.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import { findingsTopic } from '../../../engine/work/topics.ts';
import { actorOf, type Reader, type Turn } from '../../live/context.ts';
import { buttonAction, formAction, type Reply, showCard } from '../../view/action.ts';
import {
  type Block,
  type Button,
  buttonRow,
  type Card,
  muted,
  type Row,
  strong,
} from '../../view/card.ts';
import { showTime } from '../../view/dates.ts';
import { liveCard } from '../../view/live-card.ts';
import { adminsTo, asReader, readersTo, refuse } from '../admins.ts';
import { LONG_PAGE, pageButtons, pageIn, pageShown, turnPage, withPage } from '../paging.ts';
import { onlyReadersCan } from '../whom-to-ask.ts';
import {
  adoptAccount,
  ignoreAccount,
  makeServiceAccount,
  removeAccount,
  reopenAccount,
} from './decide-finding.ts';
import {
  kindSentence,
  kindWords,
  listedSentence,
  standingWords,
  stateSentence,
  troubleOf,
  uncheckedSentence,
} from './finding-words.ts';

const wanted = () => t`see findings`;

const payload = pageShown.extend({
  standing: z.enum(standings).default('open'),
  kind: z.enum(Object.keys(findingKinds) as [FindingKind, ...FindingKind[]]).optional(),
  integrationId: z.string().optional(),
});
type FindingsPayload = z.infer<typeof payload>;

export const findingsCard = liveCard({
  id: 'findings',
  payload,
  topic: () => findingsTopic,

  async render(shown, context: Reader): Promise<Card> {
    const { stores, reader } = context;
    if (!maySeeSetUp(reader)) return onlyReadersCan(t`You can't see this any more`, context);
    const { standing, kind, integrationId } = shown;
    const filter = { states: statesOf(standing), kind, integrationId };
    const read = (page: number) =>
      stores.findings.list(filter, { offset: page * LONG_PAGE, limit: LONG_PAGE });
    const first = await read(shown.page);
    const paging = pageIn(first.total, shown.page, LONG_PAGE);
    const { findings, total } = paging.page === shown.page ? first : await read(paging.page);
    const lists = await listing(stores);
    const rows = await rowsOf(findings, lists, context);
    return {
      title: t`Findings`,
      blocks: [
        muted(withPage(headOf(shown, total), paging)),
        ...rows,
        ...(await listsWords(lists, context)),
        ...buttonRow([
          ...pageButtons(paging, (page) => turnFindingsPage.with({ ...shown, page })),
          { label: t`Filter…`, does: filterFindings.with(shown) },
          lists.length > 0 && { label: t`Read lists now`, does: readLists.with({}) },
        ]),
      ],
    };
  },
});

/** Opens the list beside the card that has this button. */
export const viewFindings = buttonAction({
  id: 'findings.view',
  payload,
  right: 'see the set-up',
  handle: async (shown, _turn: Turn) => showCard(findingsCard.with(shown)),
});

export const turnFindingsPage = turnPage(
  { id: 'findings.page', payload, right: 'see the set-up' },
  findingsCard,
);

function headOf({ standing, kind }: FindingsPayload, total: number): string {
  const named =
    kind === undefined
      ? standingWords()[standing]
      : `${standingWords()[standing]}, ${kindWords()[kind]}`;
  return total === 0 ? t`${named}: none` : t`${named}: ${sayNumber(total)}`;
}

// ---------------------------------------------------------------- rows

interface Named {
  readonly people: ReadonlyMap<string, Person>;
  readonly integrations: ReadonlyMap<string, Integration>;
  readonly accounts: ReadonlyMap<string, ListedAccount>;
  /** Ids of the integrations whose lists are read. */
  readonly read: ReadonlySet<string>;
}

async function namedBy(findings: readonly Finding[], stores: Stores): Promise<Omit<Named, 'read'>> {
  const personIds = findings.flatMap(({ personId, ownerId }) => compact([personId, ownerId]));
  const ids = findings.map(({ integrationId }) => integrationId);
  const accountIds = findings.flatMap(({ accountId }) => accountId ?? []);
  return {
    people: byId(await stores.people.findMany(personIds)),
    integrations: byId(await stores.integrations.findMany(ids)),
    accounts: byId(await stores.listedAccounts.findMany(accountIds)),
  };
}

async function rowsOf(
  findings: readonly Finding[],
  lists: readonly Listing[],
  context: Reader,
): Promise<readonly Block[]> {
  const named = await namedBy(findings, context.stores);
  const read = new Set(lists.map(({ integration }) => integration.id));
  return findings.map((finding) => rowOf(finding, { ...named, read }, context));
}

function rowOf(
  finding: Finding,
  { people, integrations, accounts, read }: Named,
  context: Reader,
): Row {
  const integration = integrations.get(finding.integrationId);
  const app = integration ? labelOf(integration) : t`a deleted integration`;
  const person = people.get(finding.personId ?? '');
  const whom = nameOrDeleted(person);
  const name = `${app}: ${finding.label === '' ? whom : finding.label}`;
  const owner = people.get(finding.ownerId ?? '');
  const [first, ...more] = buttonsOf(finding, name);
  return {
    kind: 'row',
    text: [strong(name)],
    detail: [
      sentences(
        kindSentence(finding, whom, context),
        listedSentence(finding, accounts.get(finding.accountId ?? '')?.firstSeenAt, context),
        stateSentence(finding, owner),
        isUnchecked(finding, read) && uncheckedSentence(),
      ),
    ],
    buttons: first ? [first] : [],
    more,
  };
}

/** What makes sense for it, the likeliest first. */
function buttonsOf(
  { id: findingId, personId, kind, state }: Finding,
  name: string,
): readonly Button[] {
  const target = { findingId, personId };
  const remove = { label: t`Remove…`, about: t`Remove: ${name}`, does: removeAccount.with(target) };
  const adopt = { label: t`Adopt…`, about: t`Adopt: ${name}`, does: adoptAccount.with(target) };
  const ignore = { label: t`Ignore`, about: t`Ignore: ${name}`, does: ignoreAccount.with(target) };
  const service = {
    label: t`Service account…`,
    about: t`Service account: ${name}`,
    does: makeServiceAccount.with(target),
  };
  if (state === 'service' || state === 'ignored')
    return [{ label: t`Reopen`, about: t`Reopen: ${name}`, does: reopenAccount.with(target) }];
  if (state !== 'open') return [];
  return {
    found: [remove, adopt, service, ignore],
    'left-behind': [remove, adopt, service, ignore],
    orphan: [adopt, service, ignore],
    missing: [ignore, remove],
    unused: [remove, ignore],
  }[kind];
}

// ---------------------------------------------------------------- lists

/** How many lists that aren't complete are named; the others are counted. */
const NAMED = 5;

async function listsWords(lists: readonly Listing[], context: Reader): Promise<readonly Block[]> {
  if (lists.length === 0)
    return [
      muted(
        t`No integration lists its accounts yet. Add "accounts" to a manifest, or add a ready-made integration that has it.`,
      ),
    ];
  const rounds = await context.stores.accountRounds.all();
  const troubled = lists.flatMap(({ integration }) => {
    const round = rounds.find(({ integrationId }) => integrationId === integration.id);
    const why = round && troubleOf(round, integration, context);
    if (why === undefined) return [];
    return round?.list === 'cut' && isShort(round) ? [shortList(why, integration)] : [muted(why)];
  });
  const more = troubled.length - NAMED;
  return compact([
    muted(
      sentences(
        plural(lists.length, {
          one: t`1 app lists its accounts. Latchkey reads the list every night.`,
          other: t`${sayNumber(lists.length)} apps list their accounts. Latchkey reads the lists every night.`,
        }),
        lastReadWords(rounds, context),
      ),
    ),
    ...troubled.slice(0, NAMED),
    more > 0 &&
      muted(
        plural(more, {
          one: t`1 more list couldn't be read to its end.`,
          other: t`${sayNumber(more)} more lists couldn't be read to their end.`,
        }),
      ),
  ]);
}

/** Undefined before the first night. */
function lastReadWords(rounds: readonly AccountRound[], context: Reader): string | undefined {
  if (rounds.some((round) => !('finishedAt' in round))) return t`Latchkey is reading now.`;
  const ends = rounds.flatMap((round) => ('finishedAt' in round ? round.finishedAt.getTime() : []));
  if (ends.length === 0) return undefined;
  return t`Last read on ${showTime(new Date(Math.max(...ends)), context)}.`;
}

const shortList = (why: string, { id, name }: Integration): Row => ({
  kind: 'row',
  text: [why],
  buttons: [
    {
      label: t`Accept the list`,
      about: t`Accept the list: ${name}`,
      does: acceptList.with({ integrationId: id }),
    },
  ],
});

/** The app really has far fewer accounts: its list is read again, and counts however short it is. */
export const acceptList = buttonAction({
  id: 'findings.accept',
  payload: z.object({ integrationId: z.string() }),
  admit: adminsTo(() => t`accept lists of accounts`),

  async handle({ integrationId }, turn): Promise<Reply> {
    const found = (await listing(turn.stores)).find(
      ({ integration }) => integration.id === integrationId,
    );
    if (found)
      await turn.transact(async (tx) => {
        const round = await beginRound(tx, found.integration, { acceptsAny: true });
        if (round) await tx.audit('accounts.accepted', { actor: actorOf(turn), integrationId });
      });
    return { kind: 'nothing' }; // The card shows it.
  },
});

/** Begins a round of every app that lists accounts. */
export const readLists = buttonAction({
  id: 'findings.read',
  payload: z.object({}),
  admit: adminsTo(() => t`read lists of accounts`),

  async handle(_payload, turn): Promise<Reply> {
    for (const { integration } of await listing(turn.stores))
      await turn.transact(async (tx) => {
        const round = await beginRound(tx, integration);
        if (round)
          await tx.audit('accounts.read', {
            actor: actorOf(turn),
            integrationId: integration.id,
          });
      });
    return { kind: 'nothing' }; // The card shows it.
  },
});

// ---------------------------------------------------------------- filter

export const filterFindings = formAction({
  id: 'findings.filter',
  payload,
  admit: readersTo(wanted),
  title: () => t`Filter findings`,
  submitLabel: () => t`Show`,

  async fields(shown, turn) {
    const lists = await listing(turn.stores);
    const isListed = lists.some(({ integration: { id } }) => id === shown.integrationId);
    return {
      fields: {
        standing: {
          kind: 'choice',
          label: t`State`,
          options: standings.map((value) => ({ value, label: standingWords()[value] })),
          initial: shown.standing,
        },
        what: {
          kind: 'choice',
          label: t`Kind`,
          optional: true,
          options: (Object.keys(findingKinds) as FindingKind[]).map((value) => ({
            value,
            label: kindWords()[value],
          })),
          initial: shown.kind || undefined,
        },
        integration: {
          kind: 'choice',
          label: t`Integration`,
          optional: true,
          options: lists.map(({ integration: { id, name } }) => ({ label: name, value: id })),
          initial: isListed ? shown.integrationId : undefined,
        },
      },
    };
  },

  async submit({ standing, what, integration }) {
    const shown = { page: 0, standing, kind: what, integrationId: integration };
    return showCard(findingsCard.with(shown));
  },
});

export async function openFindings(turn: Turn): Promise<Reply> {
  const { refused } = await asReader(wanted, turn);
  return refused ? refuse(refused) : showCard(findingsCard.with({ page: 0, standing: 'open' }));
}
