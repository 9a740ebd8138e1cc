/** What only admins may do, tried by someone who was one a moment ago, with whatever their client could send. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  moveBundleItem,
  removeBundleItem,
} from '../../../src/bots/features/bundles/bundle-card.ts';
import { bundleItem, pickForBundle } from '../../../src/bots/features/bundles/bundle-item.ts';
import {
  openBundle,
  searchBundles,
  turnBundlesPage,
} from '../../../src/bots/features/bundles/bundles-list.ts';
import {
  deleteBundle,
  editBundle,
  makeBundle,
} from '../../../src/bots/features/bundles/edit-bundle.ts';
import {
  dropImport,
  runImport,
  stopRunning,
  turnImportPage,
} from '../../../src/bots/features/imports/import-actions.ts';
import { importPeople } from '../../../src/bots/features/imports/import-people.ts';
import { setManagersOfAdmins } from '../../../src/bots/features/imports/managers-of-admins.ts';
import { openImport } from '../../../src/bots/features/imports/open-import.ts';
import { ownFields } from '../../../src/bots/features/imports/own-fields.ts';
import { pauseSync, resumeSync } from '../../../src/bots/features/imports/pause-sync.ts';
import { beginSync } from '../../../src/bots/features/imports/sync-actions.ts';
import { enterSecrets } from '../../../src/bots/features/integrations/enter-secrets.ts';
import { integrationActions } from '../../../src/bots/features/integrations/integration-actions.ts';
import { openPage } from '../../../src/bots/features/integrations/open-page.ts';
import { noticesHere, settingsToMe } from '../../../src/bots/features/messages/notice-place.ts';
import { offboardPerson } from '../../../src/bots/features/offboarding/offboard.ts';
import { changeRole } from '../../../src/bots/features/people/change-role.ts';
import { editPerson } from '../../../src/bots/features/people/edit-person.ts';
import { editFacts } from '../../../src/bots/features/people/enter-facts.ts';
import { erasePerson } from '../../../src/bots/features/people/erase-person.ts';
import { hirePerson } from '../../../src/bots/features/people/hire-person.ts';
import {
  ignoreAllJoins,
  ignoreListed,
  openJoins,
  turnJoinsPage,
} from '../../../src/bots/features/people/join-list.ts';
import { ignoreJoin } from '../../../src/bots/features/people/joins.ts';
import {
  deactivatePerson,
  reactivatePerson,
} from '../../../src/bots/features/people/leave-person.ts';
import { unlinkChat } from '../../../src/bots/features/people/unlink-chat.ts';
import { beginReview, turnReviewsPage } from '../../../src/bots/features/reviews/review-list.ts';
import { editCondition, removeCondition } from '../../../src/bots/features/rules/edit-condition.ts';
import {
  deleteRule,
  discardRuleDraft,
  editRule,
  makeRule,
  turnRuleOff,
  turnRuleOn,
} from '../../../src/bots/features/rules/edit-rule.ts';
import {
  endException,
  openExceptions,
  turnExceptionsPage,
} from '../../../src/bots/features/rules/rule-exceptions.ts';
import {
  openImpact,
  searchImpact,
  turnImpactPage,
} from '../../../src/bots/features/rules/rule-impact.ts';
import {
  editRuleItem,
  pickForRule,
  removeRuleItem,
} from '../../../src/bots/features/rules/rule-item.ts';
import { tryRuleAgain } from '../../../src/bots/features/rules/rule-notice.ts';
import { searchRules, turnRulesPage } from '../../../src/bots/features/rules/rules-list.ts';
import { assignSequence } from '../../../src/bots/features/sequences/assign-sequence.ts';
import { makeSequence } from '../../../src/bots/features/sequences/edit-sequence.ts';
import { searchSequences } from '../../../src/bots/features/sequences/sequences-list.ts';
import { filterAudit, turnAuditPage } from '../../../src/bots/features/settings/audit-log.ts';
import { exportFile } from '../../../src/bots/features/settings/export-file.ts';
import { keyIsCopied, lookAgain } from '../../../src/bots/features/settings/first-steps.ts';
import {
  editSettings,
  noNoticePlace,
} from '../../../src/bots/features/settings/workspace-settings.ts';
import type { Turn } from '../../../src/bots/live/context.ts';
import type { Action, PressReply, SubmitReply } from '../../../src/bots/view/action.ts';
import type { Fields, Values } from '../../../src/bots/view/form.ts';
import { bringFile } from '../../../src/engine/imports/import-people.ts';
import { keepDraft } from '../../../src/engine/links/drafts.ts';
import { type TestChat, testChat, textOf } from '../../support/chat.ts';

const ADA = 'ada@example.com';
const manifest = {
  initial_data_form: [{ id: 'TOKEN', name: 'Token' }],
  execute: [{ url: 'https://api.example.com/u' }],
};

const adminActions: readonly Action<Turn>[] = [
  ...integrationActions,
  assignSequence,
  bundleItem,
  deleteBundle,
  editBundle,
  makeBundle,
  moveBundleItem,
  openBundle,
  pickForBundle,
  removeBundleItem,
  searchBundles,
  turnBundlesPage,
  beginReview,
  beginSync,
  changeRole,
  deleteRule,
  discardRuleDraft,
  editCondition,
  editRule,
  editRuleItem,
  endException,
  makeRule,
  openExceptions,
  openImpact,
  pickForRule,
  removeCondition,
  removeRuleItem,
  searchImpact,
  searchRules,
  tryRuleAgain,
  turnExceptionsPage,
  turnImpactPage,
  turnRuleOff,
  turnRuleOn,
  turnRulesPage,
  deactivatePerson,
  dropImport,
  editFacts,
  editPerson,
  editSettings,
  enterSecrets,
  erasePerson,
  exportFile,
  filterAudit,
  hirePerson,
  ignoreAllJoins,
  ignoreJoin,
  ignoreListed,
  importPeople,
  keyIsCopied,
  lookAgain,
  makeSequence,
  noNoticePlace,
  noticesHere,
  offboardPerson,
  openImport,
  openJoins,
  openPage,
  ownFields,
  pauseSync,
  reactivatePerson,
  resumeSync,
  runImport,
  searchSequences,
  setManagersOfAdmins,
  settingsToMe,
  stopRunning,
  turnAuditPage,
  turnImportPage,
  turnJoinsPage,
  turnReviewsPage,
  unlinkChat,
];

let chat: TestChat;
/** Names everything that a payload may name: each action takes what is its own. */
let payload: string;

beforeAll(async () => {
  chat = await testChat();
  const ada = await chat.person({ email: ADA, firstName: 'Ada', role: 'admin' });
  const ann = await chat.person({ email: 'ann@example.com', firstName: 'Ann' });
  const integrationId = await chat.integration('Asana', manifest);
  const { stores, transact } = chat.services;
  const deps = { actor: { kind: 'system' } } as const;
  const kept = { personId: ada.id, kind: 'manifest', name: 'New', text: '{}' } as const;
  const draft = await transact((tx) => keepDraft(tx, kept));
  const file = { name: 'people.csv', text: 'email\nbob@example.com\n', personId: ada.id };
  const brought = await transact((tx) => bringFile(tx, file, deps));
  const versionId = (await stores.integrations.find(integrationId))?.manifestVersionId ?? '';
  payload = JSON.stringify({
    integrationId,
    draftId: draft.id,
    versionId,
    base: versionId,
    importId: brought.id,
    update: true,
    personId: ann.id,
    platform: 'slack',
    page: 0,
    search: '',
    purpose: 'connect',
    subject: integrationId,
    of: 'audit',
    filter: {},
    id: 'asana',
    joinId: ann.id,
    bundleId: 'bundle-1',
    direction: 'up',
    runId: 'run-1',
    ruleId: 'rule-1',
    itemId: 'item-1',
    exceptionId: 'exception-1',
    version: 1,
    index: 0,
  });
  await chat.turn(ADA); // Linked, and greeted.
  await transact(async (tx) => {
    const current = await tx.people.find(ada.id);
    if (current) await tx.people.save({ ...current, role: 'manager' });
  });
});
afterAll(() => chat.cleanup());

/** Whatever the forms of all these actions ask. */
const answers: Values<Fields> = {
  name: 'Taken over',
  text: 'Asana',
  role: 'admin',
  manifest: JSON.stringify(manifest),
  file: 'email\neve@example.com\n',
  firstName: 'Eve',
  email: 'eve@example.com',
  TOKEN: 'a-token-of-mine',
};

/** Rows of every table, but for the audit log and what an open form keeps. */
async function everything(): Promise<string> {
  const { db } = chat.database;
  const tables = await db<{ name: string; type: string }>('sqlite_master').where({ type: 'table' });
  const kept = tables.map(({ name }) => name).filter((name) => name !== 'audit_log');
  return JSON.stringify(await Promise.all(kept.map(async (name) => [name, await db(name)])));
}

const said = async (reply: PressReply | SubmitReply): Promise<string> => {
  if (reply.kind !== 'open')
    return 'card' in reply && 'blocks' in reply.card ? textOf(reply.card) : reply.kind;
  const form = await reply.form;
  return 'refused' in form ? textOf(form.refused) : `the form ${form.title}`;
};

test.each(adminActions.map((action) => [action.id, action] as const))(
  '%s is refused to someone who is no admin any more, pressed and sent, and changes nothing',
  async (_id, action) => {
    const before = await everything();
    const pressed = await said(await action.press(payload, await chat.turn(ADA)));
    expect(pressed).toMatch(/^You can't |^Only admins/);
    const sent =
      action.kind === 'form'
        ? await said(await action.submit(payload, answers, await chat.turn(ADA), {}))
        : pressed;
    expect(sent).toMatch(/^You can't |^Only admins/);
    expect(await everything()).toBe(before);
    const [last] = await chat.services.stores.auditLog.list({ offset: 0, limit: 1 });
    expect(last?.what).toBe('refused');
  },
);
