/**
 * What people may not do in the life of access, tried with what their client could send: payloads from cards of others, from
 * before a change, or made up. Each is refused with a reason, changes nothing, and is in the audit log.
 */
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import {
  keepAllPaused,
  keepPausedAccess,
  removePausedAccess,
} from '../../../src/bots/features/access/paused-removals.ts';
import {
  confirmRemoved,
  openRemoval,
  retryRemovalNow,
} from '../../../src/bots/features/access/removal-actions.ts';
import { revokeAccess } from '../../../src/bots/features/access/revoke-access.ts';
import { bundleItem } from '../../../src/bots/features/bundles/bundle-item.ts';
import {
  approveBundle,
  denyBundle,
  withdrawBundle,
} from '../../../src/bots/features/bundles/decide-bundle.ts';
import { makeBundle } from '../../../src/bots/features/bundles/edit-bundle.ts';
import { grantBundle } from '../../../src/bots/features/bundles/grant-bundle.ts';
import { openBundleRequest } from '../../../src/bots/features/bundles/open-bundle-request.ts';
import { askForBundle } from '../../../src/bots/features/bundles/request-bundle.ts';
import { sameAsItems } from '../../../src/bots/features/bundles/same-as.ts';
import {
  moveOffboarding,
  offboardPerson,
  stopOffboarding,
} from '../../../src/bots/features/offboarding/offboard.ts';
import { confirmFact, rejectFact } from '../../../src/bots/features/people/confirm-fact.ts';
import { editFacts, enterFacts } from '../../../src/bots/features/people/enter-facts.ts';
import {
  approveRequest,
  denyRequest,
  withdrawOwnRequest,
} from '../../../src/bots/features/requests/decide-request.ts';
import { askForAccess } from '../../../src/bots/features/requests/request-access.ts';
import { openRequestCard } from '../../../src/bots/features/requests/request-list.ts';
import { keepAccess, revokeReviewed } from '../../../src/bots/features/reviews/decide-review.ts';
import { beginReview } from '../../../src/bots/features/reviews/review-list.ts';
import { endReviewNow } from '../../../src/bots/features/reviews/review-report.ts';
import { turnRuleOn } from '../../../src/bots/features/rules/edit-rule.ts';
import { endException } from '../../../src/bots/features/rules/rule-exceptions.ts';
import { tryRuleAgain } from '../../../src/bots/features/rules/rule-notice.ts';
import { filterAudit, turnAuditPage } from '../../../src/bots/features/settings/audit-log.ts';
import { exportFile } from '../../../src/bots/features/settings/export-file.ts';
import { reassignTask } from '../../../src/bots/features/tasks/reassign-task.ts';
import { commentTask, taskDone } from '../../../src/bots/features/tasks/task-card.ts';
import type { ActionCall } from '../../../src/bots/view/action-call.ts';
import type { Actor, Person } from '../../../src/engine/people/directory.ts';
import { policyKey } from '../../../src/engine/requests/access-request.ts';
import { defaultPolicy } from '../../../src/engine/settings/settings.ts';
import { openRevokeTask } from '../../../src/engine/tasks/manual.ts';
import { sharedChat, type TestChat, textOf } from '../../support/chat.ts';
import { Clicker } from '../../support/clicks.ts';
import { addedManual } from '../../support/given/added.ts';
import { present } from '../../support/given/outcomes.ts';
import { accessSince } from '../../support/has-access.ts';
import { begunRemoval, inState } from '../../support/removals.ts';

const SYSTEM: Actor = { kind: 'system' };
const rules = policyKey(defaultPolicy);
const address = (name: string): string => `${name}@example.com`;

let chat: TestChat;
/** What is refused changes nothing, so that the next one is tried in the same company. */
let isFurnished = false;
let isChanged = false;
let integrationId: string;
let requestId: string;
let bundleRequestId: string;
let bundle: { readonly bundleId: string; readonly versionId: string };
let taskId: string;
let removalId: string;
let reviewId: string;
let offboardingId: string;
let bo: Person;
let ann: Person;
let ada: Person;

beforeEach(async () => {
  if (isFurnished) return;
  chat = await sharedChat();
  isFurnished = true;
  ada = await chat.person({ email: address('ada'), firstName: 'Ada', role: 'admin' });
  bo = await chat.person({ email: address('bo'), firstName: 'Bo' });
  ann = await chat.person({ email: address('ann'), firstName: 'Ann', managerEmail: bo.email });
  for (const name of ['cleo', 'eve', 'zoe']) await chat.person({ email: address(name) });
  integrationId = await chat.integration('Fernboard', {
    execute: [{ url: 'https://api.example.com/u' }],
    revoke: [{ url: 'https://api.example.com/u', method: 'DELETE' }],
  });
  const { stores, transact } = chat.services;
  for (const { id: personId } of [ada, ann])
    await stores.access.put(accessSince(chat.services.now(), { personId, integrationId }));
  const first = { offset: 0, limit: 1 };
  await by('ann').sends(askForAccess.with({ integrationId }), { reason: 'A project' });
  requestId = (await stores.requests.list({}, first)).requests[0]?.id ?? '';
  const other = await chat.integration('Zoom', { execute: [{ url: 'https://api.example.com/z' }] });
  bundle = await aBundle(other);
  await by('ann').sends(askForBundle.with(bundle), { reason: 'A project' });
  const [asked] = await chat.database.db<{ readonly id: string }>('bundle_requests');
  bundleRequestId = asked?.id ?? '';
  const badge = await addedManual(transact);
  const wish = { actor: SYSTEM, person: ann, integration: badge };
  await transact((tx) => openRevokeTask(tx, wish));
  removalId = (await begunRemoval(chat, ann, integrationId, SYSTEM)).id;
  taskId = (await stores.tasks.list({}, first)).tasks[0]?.id ?? '';
  await by('ada').sends(beginReview.with({}));
  reviewId = (await stores.reviews.list(first)).reviews[0]?.id ?? '';
  await by('ada').sends(offboardPerson.with({ personId: ann.id }), { day: '2026-12-31' });
  offboardingId = (await stores.offboardings.current(ann.id))?.id ?? '';
});
afterEach(async () => {
  if (!isChanged) return;
  await chat.cleanup();
  isFurnished = false;
});
afterAll(async () => {
  if (isFurnished) await chat.cleanup();
});

/** Made in chat by the admin, with one app. */
async function aBundle(app: string) {
  await by('ada').sends(makeBundle.with({}), { name: 'Basics' });
  const { bundles } = chat.services.stores;
  const bundleId = (await bundles.findByName('Basics'))?.id ?? '';
  await by('ada').sends(bundleItem.with({ bundleId, integrationId: app }));
  return { bundleId, versionId: (await bundles.find(bundleId))?.versionId ?? '' };
}

const by = (name: string): Clicker => new Clicker(chat, address(name));

interface Refusal {
  readonly who: string;
  /** What has changed since the card was drawn. */
  readonly after?: () => Promise<unknown>;
  readonly tries: () => ActionCall;
  /** Sends a form, without having opened it; else the button is pressed. */
  readonly answers?: Readonly<Record<string, string>>;
  readonly isTold: string;
  readonly audited: string;
}

const fact = () => ({ personId: ann.id, name: 'BADGE', at: chat.services.now().getTime() });
/** She is in chat, so it is hers to confirm. */
const annIsAsked = async () => {
  await chat.turn(ann.email);
  const { now, stores } = chat.services;
  const claim = { personId: ann.id, name: 'BADGE', value: '4711', typedById: bo.id, at: now() };
  await stores.factClaims.put(claim);
};
/** Ann is back, and what is being removed waits. */
const paused = () =>
  inState(chat, { id: removalId }, { pausedUntil: new Date(chat.clock + 24 * 60 * 60_000) });
const request = () => ({ requestId, rules });
const theirs = (person: Person) => ({ reviewId, personId: person.id, integrationId });

const refusals: Readonly<Record<string, Refusal>> = {
  'who asked approves their own request': {
    who: 'ann',
    tries: () => approveRequest.with(request()),
    isTold: "You can't decide this one",
    audited: 'approve their own request',
  },
  'who asked denies their own request': {
    who: 'ann',
    tries: () => denyRequest.with(request()),
    answers: { reason: 'No' },
    isTold: "You can't decide this one",
    audited: 'deny their own request',
  },
  'someone approves who was never asked': {
    who: 'eve',
    tries: () => approveRequest.with(request()),
    isTold: "You're not the approver",
    audited: 'approve a request that others approve',
  },
  'a former manager approves': {
    who: 'bo',
    after: () => changePerson(ann, { managerId: ada.id }),
    tries: () => approveRequest.with(request()),
    isTold: "You're not the approver",
    audited: 'approve a request that others approve',
  },
  'who stood in approves after the last day of it': {
    who: 'cleo',
    after: async () => {
      const cleo = await chat.services.stores.people.findByEmail(address('cleo'));
      const days = { from: '2026-11-20', until: '2026-11-24' };
      const delegation = { personId: bo.id, delegateId: cleo?.id ?? '', ...days };
      await chat.services.stores.delegations.put(delegation);
    },
    tries: () => approveRequest.with(request()),
    isTold: "You're not the approver",
    audited: 'approve a request that others approve',
  },
  'the card is from before a change of the policy': {
    who: 'bo',
    after: async () => {
      const { transact } = chat.services;
      await transact(async (tx) => {
        const integration = await tx.integrations.find(integrationId);
        const settings = { policy: { ...defaultPolicy, longestHours: 30 * 24 } };
        if (integration) await tx.integrations.save({ ...integration, settings });
      });
    },
    tries: () => approveRequest.with(request()),
    isTold: 'The rules have changed',
    audited: 'approve a request under outdated rules',
  },
  'a request is approved that there never was': {
    who: 'bo',
    tries: () => approveRequest.with({ ...request(), requestId: 'made-up' }),
    isTold: 'This request no longer exists',
    audited: 'approve a request that no longer exists',
  },
  'someone else withdraws a request': {
    who: 'bo',
    tries: () => withdrawOwnRequest.with({ requestId }),
    isTold: "You can't withdraw this",
    audited: 'withdraw this request',
  },
  "someone looks at others' request": {
    who: 'eve',
    tries: () => openRequestCard.with({ requestId }),
    isTold: "You can't see this request",
    audited: 'see this request',
  },
  'who requested a bundle approves all of it': {
    who: 'ann',
    tries: () => approveBundle.with({ bundleRequestId, shown: 'any' }),
    isTold: "You can't decide this one",
    audited: 'approve their own request',
  },
  'someone denies a bundle who was never asked': {
    who: 'eve',
    tries: () => denyBundle.with({ bundleRequestId, shown: 'any' }),
    answers: { reason: 'No' },
    isTold: 'Nothing here needs your approval',
    audited: 'deny a request that others approve',
  },
  'an approver approves all of a bundle by an outdated card': {
    who: 'bo',
    tries: () => approveBundle.with({ bundleRequestId, shown: 'of another card' }),
    isTold: 'This request has changed',
    audited: 'approve a request that has changed',
  },
  'a bundle is approved that nobody requested': {
    who: 'bo',
    tries: () => approveBundle.with({ bundleRequestId: 'made-up', shown: 'any' }),
    isTold: 'This request no longer exists',
    audited: 'approve a request that no longer exists',
  },
  'someone else withdraws a bundle': {
    who: 'bo',
    tries: () => withdrawBundle.with({ bundleRequestId }),
    isTold: "You can't withdraw this",
    audited: 'withdraw this request',
  },
  "someone looks at others' bundle": {
    who: 'eve',
    tries: () => openBundleRequest.with({ bundleRequestId }),
    isTold: "You can't see this request",
    audited: 'see this request',
  },
  'someone grants a bundle to a person who is not their report': {
    who: 'eve',
    tries: () => grantBundle.with({ personId: ann.id, ...bundle }),
    answers: {},
    isTold: "You can't grant this person access",
    audited: 'grant a bundle',
  },
  'someone requests the same as a colleague whose access they may not see': {
    who: 'ann',
    tries: () => sameAsItems.with({ personId: ann.id, colleagueId: ada.id }),
    answers: { apps: 'any' },
    isTold: "You can't see this person's access",
    audited: "see this person's access",
  },
  'someone grants a stranger the same as a colleague': {
    who: 'ann',
    tries: () => sameAsItems.with({ personId: ada.id, colleagueId: ann.id }),
    answers: { apps: 'any' },
    isTold: "You can't grant this person access",
    audited: 'grant a bundle',
  },
  'a manager copies what they may not see': {
    who: 'bo',
    tries: () => sameAsItems.with({ personId: ann.id, colleagueId: ada.id }),
    answers: { apps: 'any' },
    isTold: "You can't see this person's access",
    audited: "see this person's access",
  },
  'someone else has done a task': {
    who: 'eve',
    tries: () => taskDone.with({ taskId }),
    isTold: "This task isn't assigned to you",
    audited: 'finish this task',
  },
  'someone else comments on a task': {
    who: 'eve',
    tries: () => commentTask.with({ taskId }),
    answers: { text: 'Hello' },
    isTold: "This isn't yours",
    audited: 'comment on this task',
  },
  'who does a task gives it to someone else': {
    who: 'bo',
    tries: () => reassignTask.with({ taskId }),
    answers: { assignee: address('eve'), due: '2026-12-24' },
    isTold: "You can't reassign tasks",
    audited: 'reassign tasks',
  },
  "someone looks at others' removal": {
    who: 'eve',
    tries: () => openRemoval.with({ removalId }),
    isTold: "You can't see this removal",
    audited: 'see this removal',
  },
  "someone retries others' removal": {
    who: 'eve',
    after: () => inState(chat, { id: removalId }, { state: 'stuck' }),
    tries: () => retryRemovalNow.with({ removalId }),
    isTold: "You can't retry this",
    audited: 'retry this',
  },
  'a manager confirms that access is gone': {
    who: 'bo',
    tries: () => confirmRemoved.with({ removalId }),
    answers: {},
    isTold: "You can't confirm that access is gone",
    audited: 'confirm that access is gone',
  },
  'an admin confirms that their own access is gone': {
    who: 'ada',
    after: async () => {
      removalId = (await begunRemoval(chat, ada, integrationId, SYSTEM)).id;
    },
    tries: () => confirmRemoved.with({ removalId }),
    answers: {},
    isTold: "You can't confirm this about yourself",
    audited: 'confirm that access is gone',
  },
  'the person keeps what is being removed from them': {
    who: 'ann',
    after: () => paused(),
    tries: () => keepPausedAccess.with({ removalId }),
    isTold: "You can't grant this",
    audited: 'grant this',
  },
  'the person keeps everything that is being removed from them': {
    who: 'ann',
    after: () => paused(),
    tries: () => keepAllPaused.with({ personId: ann.id }),
    isTold: "You can't grant this",
    audited: 'grant this',
  },
  'a manager keeps what only admins grant': {
    who: 'bo',
    after: async () => {
      await paused();
      await chat.services.transact(async (tx) => {
        const integration = await tx.integrations.find(integrationId);
        const settings = { policy: { ...defaultPolicy, managersGrant: false } };
        if (integration) await tx.integrations.save({ ...integration, settings });
      });
    },
    tries: () => keepPausedAccess.with({ removalId }),
    isTold: "You can't grant Fernboard yourself",
    audited: 'grant this',
  },
  'someone removes what may be kept': {
    who: 'eve',
    after: () => paused(),
    tries: () => removePausedAccess.with({ removalId }),
    isTold: "You can't revoke this",
    audited: 'revoke this',
  },
  'an admin keeps their own access in a review': {
    who: 'ada',
    tries: () => keepAccess.with(theirs(ada)),
    isTold: "You can't decide this one",
    audited: 'decide this in a review',
  },
  "someone revokes in a review who isn't the manager": {
    who: 'eve',
    tries: () => revokeReviewed.with(theirs(ann)),
    answers: {},
    isTold: "You can't decide this one",
    audited: 'decide this in a review',
  },
  'a manager starts a review': {
    who: 'bo',
    tries: () => beginReview.with({}),
    answers: { name: 'Mine', due: '2026-12-24' },
    isTold: "You can't start access reviews",
    audited: 'start access reviews',
  },
  'a manager closes a review': {
    who: 'bo',
    tries: () => endReviewNow.with({ reviewId }),
    answers: {},
    isTold: "You can't close reviews",
    audited: 'close reviews',
  },
  'a manager turns a rule on': {
    who: 'bo',
    tries: () => turnRuleOn.with({ ruleId: 'rule-1', version: 1 }),
    answers: {},
    isTold: "You can't change rules",
    audited: 'change rules',
  },
  'the person ends their own exception from a rule': {
    who: 'ann',
    tries: () => endException.with({ ruleId: 'rule-1', exceptionId: 'exception-1', page: 0 }),
    isTold: "You can't end exceptions from rules",
    audited: 'end exceptions from rules',
  },
  'a manager retries what a rule grants': {
    who: 'bo',
    tries: () => tryRuleAgain.with({ personId: ann.id, itemId: 'item-1', integrationId }),
    isTold: "You can't retry what a rule grants",
    audited: 'retry what a rule grants',
  },
  'someone excepts a colleague from a rule': {
    who: 'eve',
    tries: () => revokeAccess.with({ personId: ann.id, integrationId }),
    answers: { exceptionReason: 'Mine now' },
    isTold: "You can't revoke this",
    audited: 'revoke this',
  },
  'a manager offboards': {
    who: 'bo',
    tries: () => offboardPerson.with({ personId: ann.id }),
    answers: { day: '2026-11-25' },
    isTold: "You can't offboard people",
    audited: 'offboard people',
  },
  'who leaves moves their last day': {
    who: 'ann',
    tries: () => moveOffboarding.with({ offboardingId }),
    answers: { day: '2027-12-31' },
    isTold: "You can't offboard people",
    audited: 'offboard people',
  },
  'who leaves cancels their offboarding': {
    who: 'ann',
    tries: () => stopOffboarding.with({ offboardingId }),
    answers: {},
    isTold: "You can't offboard people",
    audited: 'offboard people',
  },
  'a manager turns a page of the audit log': {
    who: 'bo',
    tries: () => turnAuditPage.with({ filter: {}, page: 0 }),
    isTold: "You can't read the audit log",
    audited: 'read the audit log',
  },
  'a manager filters the audit log': {
    who: 'bo',
    tries: () => filterAudit.with({ filter: {}, page: 0 }),
    answers: { what: 'request' },
    isTold: "You can't read the audit log",
    audited: 'read the audit log',
  },
  'a manager takes the audit log out': {
    who: 'bo',
    tries: () => exportFile.with({ of: 'audit', filter: {} }),
    isTold: "You can't export data",
    audited: 'export data',
  },
  'who entered a fact about someone confirms it': {
    who: 'bo',
    after: annIsAsked,
    tries: () => confirmFact.with(fact()),
    isTold: "You can't confirm this",
    audited: 'confirm a fact about someone else',
  },
  'an admin confirms for someone who is in chat': {
    who: 'ada',
    after: annIsAsked,
    tries: () => confirmFact.with(fact()),
    isTold: "You can't confirm this",
    audited: 'confirm a fact about someone else',
  },
  'someone else says what a fact is instead': {
    who: 'bo',
    after: annIsAsked,
    tries: () => rejectFact.with(fact()),
    answers: { value: '4712' },
    isTold: "You can't confirm this",
    audited: 'confirm a fact about someone else',
  },
  'someone enters facts about a person who is not their report': {
    who: 'eve',
    tries: () => enterFacts.with({ personId: ann.id, integrationId }),
    answers: { 'fact.BADGE': '4711' },
    isTold: "You can't enter this",
    audited: 'enter facts about a person',
  },
  'a manager corrects the facts of a report': {
    who: 'bo',
    tries: () => editFacts.with({ personId: ann.id }),
    answers: { 'fact.BADGE': '4711' },
    isTold: "You can't change facts about people",
    audited: 'change facts about people',
  },
  'someone takes out the report of a leaver who is not their report': {
    who: 'eve',
    tries: () => exportFile.with({ of: 'offboarding', id: offboardingId }),
    isTold: "You can't export data",
    audited: 'export data',
  },
  'who leaves takes out their own report': {
    who: 'ann',
    tries: () => exportFile.with({ of: 'offboarding', id: offboardingId }),
    isTold: "You can't export data",
    audited: 'export data',
  },
  'who was an admin takes the audit log out': {
    who: 'zoe',
    after: async () => {
      const zoe = present(await chat.services.stores.people.findByEmail(address('zoe')));
      await chat.turn(zoe.email);
      await changePerson(await changePerson(zoe, { role: 'admin' }), { role: 'other' });
    },
    tries: () => exportFile.with({ of: 'audit', filter: {} }),
    isTold: "You can't export data",
    audited: 'export data',
  },
};

test.each(Object.entries(refusals))('%s: refused', async (_name, { who, after, ...refusal }) => {
  isChanged = true;
  await chat.turn(address(who)); // Links them, which is in the audit log, too.
  await after?.();
  const before = await everything();
  const clicker = by(who);
  const reply = refusal.answers
    ? await clicker.answers(refusal.tries(), refusal.answers)
    : await clicker.press(refusal.tries());
  const card = 'card' in reply && 'title' in reply.card ? textOf(reply.card) : reply.kind;
  expect(card).toContain(refusal.isTold);
  expect(card.split('\n').length).toBeGreaterThan(1); // And what follows from it.

  const [entry] = await chat.services.stores.auditLog.list({ offset: 0, limit: 1 });
  const person = await chat.services.stores.people.findByEmail(address(who));
  expect(entry).toMatchObject({
    what: 'refused',
    actor: { kind: 'person', personId: person?.id, via: 'slack' },
    detail: { wanted: refusal.audited },
  });
  expect(await everything()).toEqual(before);
  isChanged = after !== undefined;
});

/** Everything that a click could have changed. */
const TABLES = [
  'access_requests',
  'verdicts',
  'tasks',
  'offboardings',
  'reviews',
  'review_items',
  'runs',
  'people',
  'fact_claims',
  'holds',
  'removals',
  'jobs',
  'links',
];
const everything = () => Promise.all(TABLES.map((table) => chat.database.db(table).select()));

const changePerson = (person: Person, change: Partial<Person>): Promise<Person> =>
  chat.services.transact(async (tx) => {
    const now = (await tx.people.find(person.id)) ?? person;
    return tx.people.save({ ...now, ...change });
  });
