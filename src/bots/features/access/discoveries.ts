/** For admins: finds access that people already have, app by app, in the background. The card follows its progress. */
import { z } from 'zod';
import { plural, sayNumber, sentences, t } from '../../../core/translate.ts';
import { unreachable } from '../../../core/unreachable.ts';
import {
  beginDiscoveries,
  beginDiscovery,
  stopDiscovery,
} from '../../../engine/access/discover-access.ts';
import type { Discovery } from '../../../engine/access/discovery.ts';
import { manifestIn } from '../../../engine/integrations/manifest-of.ts';
import { type Integration, labelOf } from '../../../engine/people/directory.ts';
import { isAdmin, maySeeSetUp } from '../../../engine/people/permission.ts';
import type { Stores } from '../../../engine/ports/unit-of-work.ts';
import { definitionOf } from '../../../engine/rules/rule.ts';
import { discoveryTopic } from '../../../engine/work/topics.ts';
import { actorOf, type Reader, type Turn } from '../../live/context.ts';
import { buttonAction, type Reply, showCard } from '../../view/action.ts';
import {
  type Block,
  type Button,
  buttonRow,
  type Card,
  muted,
  paragraph,
} from '../../view/card.ts';
import { showTime } from '../../view/dates.ts';
import { liveCard } from '../../view/live-card.ts';
import { adminsTo, asReader, refuse } from '../admins.ts';
import { targetOf, targetPayload } from '../integrations/integration-target.ts';
import { listRow } from '../list-card.ts';
import { onPage, pageFoot, pageShown, turnPage } from '../paging.ts';
import { beginReview } from '../reviews/review-list.ts';
import { someNames } from '../some-names.ts';
import { onlyReadersCan } from '../whom-to-ask.ts';
import { openFound } from './found-list.ts';

/** How many apps that can't be checked are named. */
const NAMED = 5;
const wanted = () => t`see existing access`;

export const discoveriesCard = liveCard({
  id: 'discoveries',
  payload: pageShown,
  topic: () => discoveryTopic,

  async render({ page }, context: Reader): Promise<Card> {
    if (!maySeeSetUp(context.reader))
      return onlyReadersCan(t`You can't see this any more`, context);
    const { checkable, others } = await granting(context.stores);
    const list = onPage(checkable, page);
    const all = await context.stores.discoveries.all(checkable.map(({ id }) => id));
    const at = (id: string) => all.find(({ integrationId }) => integrationId === id);
    const isRunning = all.some(({ state }) => state === 'running');
    const hasFound = all.some(({ found }) => found > 0);
    const idle = checkable.filter(({ id, enabled }) => enabled && at(id)?.state !== 'running');
    const { total } = await context.stores.people.search('', { offset: 0, limit: 1 });
    const rows = await Promise.all(
      list.items.map(async (integration) => ({
        integration,
        discovery: at(integration.id),
        beyondRules: await beyondRules(integration, at(integration.id), context.stores),
      })),
    );
    return {
      title: t`Find existing access`,
      blocks: [
        paragraph(introduction(checkable.length, isRunning)),
        ...rows.flatMap((row) => rowOf(row, total, context)),
        ...pageFoot(list, (to) => turnDiscoveriesPage.with({ page: to })),
        ...uncheckable(others),
        ...buttonRow([
          idle.length > 0 && {
            label: t`Find everywhere`,
            tone: !hasFound && !isRunning ? 'primary' : undefined,
            does: findEverywhere.with({}),
          },
          hasFound &&
            !isRunning &&
            isAdmin(context.reader) && {
              label: t`Start a review…`,
              tone: 'primary',
              does: beginReview.with({}),
            },
        ]),
      ],
    };
  },
});

export const turnDiscoveriesPage = turnPage(
  { id: 'discoveries.page', payload: pageShown, right: 'see the set-up' },
  discoveriesCard,
);

/** Integrations that grant access: those that Latchkey can check, and the others. */
async function granting(stores: Stores): Promise<{
  readonly checkable: readonly Integration[];
  readonly others: readonly Integration[];
}> {
  const all = (await stores.integrations.list()).filter(({ deletingSince }) => !deletingSince);
  const versions = await stores.integrations.findVersions(
    all.flatMap(({ manifestVersionId }) => manifestVersionId ?? []),
  );
  const manifestAt = ({ manifestVersionId }: Integration) =>
    manifestIn(versions.find(({ id }) => id === manifestVersionId));
  const grants = all.filter(
    (each) => each.manifestVersionId === undefined || manifestAt(each)?.kind === 'provision',
  );
  const canCheck = (each: Integration) => {
    const manifest = manifestAt(each);
    return manifest?.kind === 'provision' && manifest.exists !== undefined;
  };
  return { checkable: grants.filter(canCheck), others: grants.filter((each) => !canCheck(each)) };
}

function introduction(apps: number, isRunning: boolean): string {
  if (apps === 0)
    return t`No integration can check access yet. Add one whose manifest has "exists".`;
  return isRunning
    ? t`Latchkey is checking everyone in the directory. You get a message when it has finished.`
    : t`Latchkey checks everyone in the directory and records who has access already. Nothing changes at the apps.`;
}

function uncheckable(others: readonly Integration[]): Block[] {
  if (others.length === 0) return [];
  const names = someNames(others.map(labelOf), NAMED);
  return [muted(t`Latchkey can't check: ${names}.`)];
}

interface Row {
  readonly integration: Integration;
  readonly discovery: Discovery | undefined;
  /** People who have it only since it was found, where a rule gives it to others. */
  readonly beyondRules: number;
}

/** Rules say who should have it, so someone who has it beside them may have too much. */
async function beyondRules(
  { id }: Integration,
  discovery: Discovery | undefined,
  { holds, rules }: Stores,
): Promise<number> {
  if (!discovery || discovery.found === 0) return 0;
  const gives = (await rules.on()).some((rule) =>
    definitionOf(rule).items.some(({ integrationId }) => integrationId === id),
  );
  return gives ? (await holds.onlyFoundAt(id, { offset: 0, limit: 0 })).total : 0;
}

const beyondWords = (count: number): string | undefined =>
  count === 0
    ? undefined
    : plural(count, {
        one: t`1 person has it by no rule.`,
        other: t`${sayNumber(count)} people have it by no rule.`,
      });

function rowOf(
  { integration, discovery, beyondRules: beyond }: Row,
  people: number,
  context: Reader,
): Block[] {
  const { id: integrationId, name, enabled } = integration;
  const target = { integrationId };
  const find = { label: t`Find`, about: t`Find: ${name}`, does: findAt.with(target) };
  const again = { label: t`Find again`, about: t`Find again: ${name}`, does: findAt.with(target) };
  const stop = { label: t`Stop`, about: t`Stop: ${name}`, does: stopAt.with(target) };
  const row = (about: string, ...buttons: readonly Button[]) =>
    listRow(labelOf(integration), about, ...buttons);
  if (!discovery) return enabled ? row(t`Not checked yet`, find) : row(t`Turned off`);
  switch (discovery.state) {
    case 'running':
      return row(progress(discovery, people, context), stop);
    case 'done':
      return row(
        sentences(
          t`Checked on ${showTime(endOf(discovery), context)}.`,
          result(discovery),
          beyondWords(beyond),
        ),
        ...(beyond > 0
          ? [{ label: t`View`, about: t`View: ${name} by no rule`, does: openFound.with(target) }]
          : []),
        ...(enabled ? [again] : []),
      );
    case 'stopped':
      return row(
        sentences(
          t`Stopped after ${sayNumber(discovery.checked)} of ${sayNumber(people)} people.`,
          result(discovery),
        ),
        ...(enabled ? [again] : []),
      );
    default:
      return unreachable(discovery.state);
  }
}

const endOf = ({ endedAt, startedAt }: Discovery): Date => endedAt ?? startedAt;

function progress(discovery: Discovery, people: number, context: Reader): string {
  const { checked, waitsSince } = discovery;
  return sentences(
    t`${sayNumber(checked)} of ${sayNumber(Math.max(people, checked))} people checked.`,
    result(discovery),
    waitsSince &&
      t`The app hasn't answered since ${showTime(waitsSince, context)}; Latchkey keeps trying.`,
  );
}

/** Nothing to say before the first person. */
function result({ checked, found, unconfirmed }: Discovery): string | undefined {
  if (checked === 0) return undefined;
  return sentences(
    found === 0
      ? t`Found no access that Latchkey didn't know of.`
      : plural(found, {
          one: t`Found 1 person with access that Latchkey didn't know of.`,
          other: t`Found ${sayNumber(found)} people with access that Latchkey didn't know of.`,
        }),
    unconfirmed > 0 && t`${sayNumber(unconfirmed)} not confirmed.`,
  );
}

export const findAt = buttonAction({
  id: 'discoveries.find',
  payload: targetPayload,
  admit: targetOf(wanted),

  async handle(_payload, { integration, ...turn }): Promise<Reply> {
    await turn.transact((tx) => beginDiscovery(tx, integration, actorOf(turn)));
    return { kind: 'nothing' }; // The card shows it.
  },
});

export const findEverywhere = buttonAction({
  id: 'discoveries.find-everywhere',
  payload: z.object({}),
  admit: adminsTo(wanted),

  async handle(_payload, turn): Promise<Reply> {
    const { checkable } = await granting(turn.stores);
    const ids = checkable.map(({ id }) => id);
    await turn.transact((tx) => beginDiscoveries(tx, ids, actorOf(turn)));
    return { kind: 'nothing' };
  },
});

export const stopAt = buttonAction({
  id: 'discoveries.stop',
  payload: targetPayload,
  admit: targetOf(wanted),

  async handle(_payload, { integration, ...turn }): Promise<Reply> {
    await turn.transact((tx) => stopDiscovery(tx, integration.id, actorOf(turn)));
    return { kind: 'nothing' };
  },
});

/** From the list of integrations. */
export const showDiscoveries = buttonAction({
  id: 'discoveries.show',
  payload: z.object({}),
  right: 'see the set-up',
  handle: (_payload, turn: Turn) => openDiscoveries(turn),
});

export async function openDiscoveries(turn: Turn): Promise<Reply> {
  const { refused } = await asReader(wanted, turn);
  return refused ? refuse(refused) : showCard(discoveriesCard.with({ page: 0 }));
}
