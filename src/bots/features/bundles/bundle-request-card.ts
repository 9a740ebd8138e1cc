/** A bundle that was requested or granted: how many of its apps the person has, a row for each, and what the reader may do. */
import { compact } from '../../../core/compact.ts';
import { sayStored } from '../../../core/stored-sentence.ts';
import { plural, sentences, t } from '../../../core/translate.ts';
import type { BundleRequest } from '../../../engine/bundles/bundle-request.ts';
import {
  type WaitingItem,
  waitingFor,
  waitingKey,
} from '../../../engine/bundles/decide-bundle-request.ts';
import type { ItemNow, Progress } from '../../../engine/bundles/progress.ts';
import { fullName, labelOf, type Person } from '../../../engine/people/directory.ts';
import { maySee } from '../../../engine/people/permission.ts';
import { unlessUnreadable } from '../../../engine/ports/store.ts';
import { readableContent } from '../../../engine/requests/readable-content.ts';
import { type Answer, isUnknown } from '../../../engine/runs/run.ts';
import type { Reader } from '../../live/context.ts';
import {
  type Block,
  type Button,
  buttonRow,
  type Card,
  type Fact,
  factList,
  note,
  paragraph,
  type Row,
  strong,
} from '../../view/card.ts';
import { showTime } from '../../view/dates.ts';
import { liveCard } from '../../view/live-card.ts';
import { onPage, pageFoot, turnPage } from '../paging.ts';
import { pickPerson } from '../people/find-person.ts';
import { approveAndDeny } from '../requests/request-card.ts';
import { openRequestCard } from '../requests/request-list.ts';
import {
  outcomeWords,
  standing as requestStanding,
  type Standing,
  standingOf,
} from '../requests/request-standing.ts';
import { openRun } from '../runs/run-history.ts';
import { openTask } from '../tasks/open-task.ts';
import { bundleRequestPayload, bundleRequestRefs } from './bundle-ref.ts';
import { answersWords, lengthWords, ROWS, whatWords } from './bundle-words.ts';
import { approveBundle, denyBundle, withdrawBundle } from './decide-bundle.ts';
import { notSeen, visibleItems } from './open-bundle-request.ts';

export const bundleRequestCard = liveCard({
  ...bundleRequestRefs,

  async render({ bundleRequestId, page }, context: Reader): Promise<Card> {
    const { stores, reader, now, scheduleZone } = context;
    const bundleRequest = await stores.bundleRequests.find(bundleRequestId);
    const [person, requester] = bundleRequest
      ? await Promise.all([
          stores.people.find(bundleRequest.personId),
          stores.people.find(bundleRequest.requestedById),
        ])
      : [];
    if (!bundleRequest || !person || !requester)
      return note(t`This request no longer exists`, t`It ended, and Latchkey no longer keeps it.`);
    const items = await visibleItems(reader, bundleRequest, stores);
    if (items.length === 0) return notSeen(context);
    const at = { now: now(), timeZone: scheduleZone };
    const waiting = await waitingFor(stores, { bundleRequestId, person: reader }, at);
    const shown: BundleRequestDetails = { bundleRequest, person, requester, items, waiting };
    const list = onPage(items, page, ROWS);
    const standings = sayWhyOnce(
      await Promise.all(
        list.items.map(async ({ request, integration }) =>
          request ? standingOf(request, integration, context) : undefined,
        ),
      ),
    );
    const rows = await Promise.all(
      list.items.map((item, index) =>
        rowOf({ ...item, standing: standings[index] }, shown, context),
      ),
    );
    return {
      title: await titleOf(shown, context),
      blocks: [
        paragraph(standing(items)),
        factList(await factsOf(shown, context)),
        ...rows,
        ...pageFoot(list, (to) => turnBundleRequestPage.with({ bundleRequestId, page: to })),
        ...buttonsOf(shown, reader),
      ],
    };
  },
});

export const turnBundleRequestPage = turnPage(
  { id: 'bundle.request-page', payload: bundleRequestPayload },
  bundleRequestCard,
);

interface BundleRequestDetails {
  readonly bundleRequest: BundleRequest;
  readonly person: Person;
  readonly requester: Person;
  /** Those that the reader may see. */
  readonly items: readonly ItemNow[];
  /** Those that wait for the reader. */
  readonly waiting: readonly WaitingItem[];
}

/** Why admins approve is mostly the same at each app: it stands in the first row that says it, which is one of an open request. */
const sayWhyOnce = (all: readonly (Standing | undefined)[]): readonly (Standing | undefined)[] =>
  all.map((each, index) => {
    const why = each?.approvers.whyAdmins;
    const first = all.findIndex(
      (other) => other?.request.state === 'open' && other.approvers.whyAdmins === why,
    );
    return why === undefined || !each || first === index
      ? each
      : { ...each, approvers: { ...each.approvers, whyAdmins: undefined } };
  });

const countOf = (items: readonly ItemNow[], progress: Progress): number =>
  items.filter((item) => item.progress === progress).length;

async function titleOf(
  { bundleRequest, person, requester, items, waiting }: BundleRequestDetails,
  { stores, reader }: Reader,
): Promise<string> {
  const what = await whatWords(bundleRequest.of, stores);
  if (waiting.length > 0) {
    const who = fullName(requester);
    return person.id === requester.id
      ? t`${who} requests ${what}`
      : t`${who} requests ${what} for ${fullName(person)}`;
  }
  const done = countOf(items, 'done');
  return person.id === reader.id
    ? t`${what} — ${done} of ${items.length} granted`
    : t`${fullName(person)}: ${what} — ${done} of ${items.length} granted`;
}

/** How far it is, in a sentence or two. */
function standing(items: readonly ItemNow[]): string {
  const [waiting, over] = [countOf(items, 'waiting'), countOf(items, 'over')];
  const underWay = items.filter(({ progress }) => progress === 'under-way');
  const byHand = underWay.filter(({ task }) => task !== undefined).length;
  const unknown = underWay.filter(({ run }) => run && isUnknown(run)).length;
  const failed = underWay.filter(({ run }) => run?.state === 'retrying').length - unknown;
  const deferred = underWay.filter(({ run }) => run?.state === 'deferred').length;
  const granting = underWay.length - byHand - unknown - failed - deferred;
  if (countOf(items, 'done') === items.length) return t`✓ Everything is granted.`;
  return sentences(
    waiting > 0 &&
      plural(waiting, {
        one: t`1 app is waiting for approval.`,
        other: t`${waiting} apps are waiting for approval.`,
      }),
    granting > 0 &&
      plural(granting, {
        one: t`1 app is being granted.`,
        other: t`${granting} apps are being granted.`,
      }),
    byHand > 0 &&
      plural(byHand, {
        one: t`There's a task to grant 1 app by hand.`,
        other: t`There are tasks to grant ${byHand} apps by hand.`,
      }),
    failed > 0 &&
      plural(failed, {
        one: t`Setup of 1 app failed, and Latchkey tries again.`,
        other: t`Setup of ${failed} apps failed, and Latchkey tries again.`,
      }),
    unknown > 0 &&
      plural(unknown, {
        one: t`1 app isn't confirmed yet, and Latchkey tries again.`,
        other: t`${unknown} apps aren't confirmed yet, and Latchkey tries again.`,
      }),
    deferred > 0 &&
      plural(deferred, {
        one: t`1 app has to wait. Its row says why.`,
        other: t`${deferred} apps have to wait. Their rows say why.`,
      }),
    over > 0 &&
      plural(over, {
        one: t`1 app wasn't granted. Its row says why.`,
        other: t`${over} apps weren't granted. Their rows say why.`,
      }),
  );
}

async function factsOf(
  { bundleRequest, person, requester, items }: BundleRequestDetails,
  context: Reader,
): Promise<Fact[]> {
  const about = [fullName(person), person.email, person.position, person.department].filter(
    Boolean,
  );
  const when = showTime(bundleRequest.createdAt, context);
  const isOwn = requester.id === person.id;
  const first = items.find(({ request }) => request)?.request;
  const wasRequested = isOwn || first !== undefined; // A grant of what its granter may grant has no request.
  const reason = first && (await readableContent(context.stores, first.id))?.reason;
  return compact([
    person.id !== context.reader.id && [t`For`, about.join(' · ')],
    [
      wasRequested ? t`Requested` : t`Started`,
      isOwn ? when : t`by ${fullName(requester)} on ${when}`,
    ],
    reason && [t`Reason`, reason],
  ]);
}

interface ItemShown extends ItemNow {
  /** Undefined where it needed no request. */
  readonly standing: Standing | undefined;
}

async function rowOf(
  item: ItemShown,
  { person, waiting }: BundleRequestDetails,
  context: Reader,
): Promise<Row> {
  const { integration, request, run, task } = item;
  const { stores, reader } = context;
  const forReader = waiting.find((each) => each.request.id === request?.id);
  const detail = compact([
    ...answersWords(await answersOf(item, stores)),
    request && lengthWords(request.hours),
    await standingOfItem(item, context),
  ]);
  const view: Button | undefined = request
    ? { label: t`View`, does: openRequestCard.with({ requestId: request.id }) }
    : run && maySee(reader, person)
      ? { label: t`View`, does: openRun.with({ runId: run.id }) }
      : task
        ? { label: t`View`, does: openTask.with({ taskId: task.id }) }
        : undefined;
  return {
    kind: 'row',
    text: [strong(labelOf(integration))],
    detail: [detail.filter(Boolean).join(' · ')],
    buttons: view ? [view] : [],
    more: forReader ? approveAndDeny(forReader.request, forReader.integration) : [],
  };
}

async function answersOf(
  { request, run }: ItemNow,
  { requests, runs }: Reader['stores'],
): Promise<readonly Answer[]> {
  if (request) return (await readableContent({ requests }, request.id))?.answers ?? [];
  const inputs = run && (await unlessUnreadable(runs.inputs(run.id), undefined));
  return inputs?.answers ?? [];
}

async function standingOfItem(
  { item, standing: ofRequest, progress, run, task }: ItemShown,
  context: Reader,
): Promise<string> {
  if (item.had) return t`✓ Already has access.`;
  if (item.why !== undefined) return sayStored(item.why);
  if (ofRequest) return requestStanding(ofRequest, context);
  if (run ?? task)
    return outcomeWords({ kind: 'grant', runId: item.runId, taskId: item.taskId }, context);
  return progress === 'done'
    ? t`Access was granted.`
    : t`Access wasn't granted. Latchkey no longer keeps why.`;
}

function buttonsOf(
  { bundleRequest, person, items, waiting }: BundleRequestDetails,
  reader: Person,
): Block[] {
  const bundleRequestId = bundleRequest.id;
  const isOwn = reader.id === bundleRequest.personId || reader.id === bundleRequest.requestedById;
  if (isOwn)
    return countOf(items, 'waiting') > 0
      ? buttonRow([{ label: t`Withdraw`, does: withdrawBundle.with({ bundleRequestId }) }])
      : [];
  if (waiting.length === 0) return [];
  const target = { bundleRequestId, shown: waitingKey(waiting) };
  const isOne = waiting.length === 1;
  return buttonRow(
    [
      {
        label: isOne ? t`Approve` : t`Approve all ${waiting.length}`,
        tone: 'primary',
        does: approveBundle.with(target),
      },
      { label: isOne ? t`Deny…` : t`Deny all…`, does: denyBundle.with(target) },
    ],
    maySee(reader, person)
      ? [
          {
            label: t`What they have`,
            does: pickPerson.with({ personId: person.id, purpose: 'access' }),
          },
        ]
      : [],
  );
}
