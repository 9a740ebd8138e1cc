import { beforeEach, expect, test, vi } from 'vitest';
import { placeNotices, settingsFrom } from '../../../../src/bots/features/messages/notice-place.ts';
import { editSettings } from '../../../../src/bots/features/settings/workspace-settings.ts';
import type { Turn } from '../../../../src/bots/live/context.ts';
import { identifyWith } from '../../../../src/bots/live/identify.ts';
import type { Reply } from '../../../../src/bots/view/action.ts';
import { settingsOf, WORKSPACE, workspace } from '../../../../src/engine/settings/settings.ts';
import {
  changeWorkspaceSettings,
  workspaceSettings,
} from '../../../../src/engine/settings/workspace-settings.ts';
import { type TestChat, testChat, textOf } from '../../../support/chat.ts';
import { buttonOf, Clicker } from '../../../support/clicks.ts';

const ADA = 'ada@example.com';
const BO = 'bo@example.com';

let chat: TestChat;
let ada: Clicker;
let bo: Clicker;
beforeEach(async () => {
  chat = await testChat();
  await chat.person({ email: ADA, firstName: 'Ada', lastName: 'Okafor', role: 'admin' });
  await chat.person({ email: BO, firstName: 'Bo', role: 'manager' });
  ada = new Clicker(chat, ADA);
  bo = new Clicker(chat, BO);
  Object.assign(chat.services.installation, { timeZone: 'Europe/Oslo', adminEmails: [ADA] });
});

const settings = () => workspaceSettings(chat.services.stores);
const said = (reply: Reply) =>
  'card' in reply && 'blocks' in reply.card ? textOf(reply.card) : reply.kind;

/** Someone writes in a channel. */
async function inChannel(email: string): Promise<Turn> {
  await chat.turn(email); // They have written directly before.
  const here = { address: { platform: 'slack', key: 'C1' }, name: '#it' } as const;
  const { direct: _, ...inbound } = chat.inbound(email);
  const turn = await identifyWith(chat.services)({ ...inbound, place: 'shared', here });
  if ('refused' in turn) throw new Error(turn.refused.title);
  return turn;
}

test('an admin sees what is set, and what the environment says', async () => {
  const text = textOf(await ada.types('settings'));
  expect(text).toContain('Notices: to each admin; write "@Latchkey notices" in a channel');
  expect(text).toContain('more than 100 people and grow the directory by over 20 % waits');
  expect(text).toContain('Language: British English, as in 25 Nov 2026');
  expect(text).toContain("New members: Latchkey doesn't ask about people who join");
  expect(text).toContain('Time zone: Europe/Oslo: for schedules');
  expect(text).toContain('Admins: Ada Okafor');
  expect(text).toContain('First admins: ada@example.com: become');
});

test('what is changed is shown, used for every date, and in the audit log', async () => {
  const card = await ada.gets(buttonOf(await ada.types('settings'), 'Edit…'), {
    dateLanguage: 'fr',
    askAboutJoins: 'ask',
    importMostPeople: '250',
    personalTokens: 'everyone',
  });
  expect(textOf(card)).toContain('Language: Français, as in 25 nov. 2026');
  expect(await settings()).toEqual({
    dateLanguage: 'fr',
    askAboutJoins: true,
    importMostPeople: 250,
    importMostPercent: 20,
    takesUnconfirmed: false,
    secretsAsLinks: false,
    personalTokens: 'everyone',
    weekend: [6, 7],
    holidays: [],
  });
  const [entry] = await chat.services.stores.auditLog.list({ offset: 0, limit: 1 });
  expect(entry).toMatchObject({
    what: 'settings.changed',
    detail: {
      dateLanguage: 'fr',
      dateLanguageBefore: 'en-GB',
      askAboutJoins: true,
      askAboutJoinsBefore: false,
      importMostPeople: 250,
      importMostPeopleBefore: 100,
      personalTokens: 'everyone',
      personalTokensBefore: 'admins',
    },
  });
  await chat.person({ email: 'ann@example.com', startDate: '2026-12-01', managerEmail: BO });
  const people = await bo.types('people'); // A list, also of one: no words say who is meant.
  expect(textOf(await bo.presses(buttonOf(people, 'Open')))).toContain('First day: 1 déc. 2026');
});

test('a setting that another admin saves while a form is being read stays', async () => {
  const form = await ada.opens(editSettings.with({}));
  const { transact } = chat.services;
  const saving = vi.spyOn(chat.services, 'transact').mockImplementationOnce(async (work) => {
    saving.mockRestore();
    await transact((tx) => changeWorkspaceSettings(tx, { importMostPeople: 7 }));
    return transact(work);
  });
  await ada.answersTo(form, editSettings.with({}), { importMostPercent: '30' });
  expect(await settings()).toMatchObject({ importMostPeople: 7, importMostPercent: 30 });
});

test('members without a confirmed address stay out, until an admin lets them in', async () => {
  const card = await ada.types('settings');
  expect(textOf(card)).toContain('Slack addresses: only confirmed addresses count');
  const after = await ada.gets(buttonOf(card, 'Edit…'), { unconfirmed: 'come-in' });
  expect(textOf(after)).toContain('Slack addresses: members of your own workspace also get in');
  const [entry] = await chat.services.stores.auditLog.list({ offset: 0, limit: 1 });
  expect(entry).toMatchObject({ what: 'settings.changed', detail: { takesUnconfirmed: true } });
});

test('of many holidays the audit log names those that came and went', async () => {
  const card = await ada.types('settings');
  const days = Array.from({ length: 60 }, (_, index) => `20${index + 30}-05-01`);
  await ada.gets(buttonOf(card, 'Edit…'), { holidays: days.join('\n') });
  const other = [...days.slice(1), '2026-12-25'];
  await ada.gets(buttonOf(card, 'Edit…'), { holidays: other.join('\n') });
  const [entry] = await chat.services.stores.auditLog.list({ offset: 0, limit: 1 });
  expect(entry?.detail).toEqual({
    holidays: '2026-12-25 and 59 more',
    holidaysBefore: '2030-05-01 and 59 more',
  });
});

test('the audit log names the app that sends texts', async () => {
  const { stores, transact } = chat.services;
  await chat.integration('Twilio', { execute: [{ url: 'https://z.example.com' }] });
  const [sms] = await stores.integrations.list();
  await transact((tx) => changeWorkspaceSettings(tx, { textProviderId: sms?.id }));
  const card = await ada.types('settings');
  await ada.gets(buttonOf(card, 'Edit…'), { textsBy: 'chat' });
  const [entry] = await stores.auditLog.list({ offset: 0, limit: 1 });
  expect(entry?.detail).toEqual({ textProvider: 'not set', textProviderBefore: sms?.name });
});

test('emails have their secrets in them, until an admin has links sent', async () => {
  const card = await ada.types('settings');
  expect(textOf(card)).toContain('Secrets in emails: in the email itself');
  const after = await ada.gets(buttonOf(card, 'Edit…'), { secrets: 'links' });
  expect(textOf(after)).toContain('Secrets in emails: as links that show them once');
  expect((await settings()).secretsAsLinks).toBe(true);
  const [entry] = await chat.services.stores.auditLog.list({ offset: 0, limit: 1 });
  expect(entry).toMatchObject({ what: 'settings.changed', detail: { secretsAsLinks: true } });
});

test('secrets are not sent as links where nobody could open them', async () => {
  Object.assign(chat.services.links, { isPublic: false });
  const errors = await ada.isTold(editSettings.with({}), { secrets: 'links' });
  expect(errors?.['secrets']).toContain(
    'No one could open the links, because Latchkey has no public address yet. Set PUBLIC_URL where Latchkey is started, then choose this.',
  );
  expect((await settings()).secretsAsLinks).toBe(false);
});

test('domains of mail addresses are listed, shown, and taken away again', async () => {
  const card = await ada.types('settings');
  expect(textOf(card)).toContain('Teams mail addresses: only the sign-in name counts');
  const edit = buttonOf(card, 'Edit…');
  const after = await ada.gets(edit, { mailDomains: '@Example.com\npartner.example, example.com' });
  expect(textOf(after)).toContain('addresses at example.com, partner.example count if no one has');
  expect((await settings()).mailDomains).toEqual(['example.com', 'partner.example']);
  const [entry] = await chat.services.stores.auditLog.list({ offset: 0, limit: 1 });
  expect(entry?.detail).toEqual({
    mailDomains: 'example.com, partner.example',
    mailDomainsBefore: 'not set',
  });
  await ada.gets(edit, { mailDomains: '' });
  expect((await settings()).mailDomains).toBeUndefined();
});

test.each(['localhost', 'ann@example.com', '*.example.com', 'exa mple', '.com'])(
  '%s is no domain of mail addresses',
  async (mailDomains) => {
    const errors = await ada.isTold(editSettings.with({}), { mailDomains });
    expect(errors?.['mailDomains']).toContain('Not a domain: ');
  },
);

test('quiet hours stand in the audit log as they were set', async () => {
  await ada.gets(buttonOf(await ada.types('settings'), 'Edit…'), {
    quietFrom: '20:00',
    quietUntil: '08:00',
  });
  const [entry] = await chat.services.stores.auditLog.list({ offset: 0, limit: 1 });
  expect(entry?.detail).toEqual({
    quietHours: '20:00 to 08:00',
    quietHoursBefore: 'not set',
  });
});

test('what another admin changed while the form was open stays', async () => {
  const edit = buttonOf(await ada.types('settings'), 'Edit…');
  const opened = await ada.opens(edit);
  await chat.person({ email: 'eve@example.com', role: 'admin' });
  await new Clicker(chat, 'eve@example.com').sends(edit, { dateLanguage: 'fr' });
  await ada.answersTo(opened, edit, { askAboutJoins: 'ask' });
  expect(await settings()).toMatchObject({ dateLanguage: 'fr', askAboutJoins: true });
});

test.each(['-1', '1.5', 'many', '9999999'])(
  '%s is no number of people',
  async (importMostPeople) => {
    expect(await ada.isTold(editSettings.with({}), { importMostPeople })).toEqual({
      importMostPeople: 'A whole number from 0 to 1000000.',
    });
  },
);

test('settings are for admins, to see and to change', async () => {
  expect(textOf(await bo.types('settings'))).toMatch(/^You can't see the settings\n/);
  await expect(bo.opens(editSettings.with({}))).rejects.toThrow("You can't change settings");
  const reply = await bo.answers(editSettings.with({}), {
    dateLanguage: 'de',
    askAboutJoins: 'no',
  });
  expect(reply).toMatchObject({ kind: 'say' });
  expect((await settings()).dateLanguage).toBe('en-GB');
});

test('notices come to the channel where an admin says so', async () => {
  await placeNotices([], await inChannel(ADA));
  expect((await settings()).notices).toEqual({
    address: { platform: 'slack', key: 'C1' },
    name: '#it',
  });
  const card = await ada.types('settings');
  expect(textOf(card)).toContain('Notices: to #it');
  await ada.presses(buttonOf(card, 'Notices back to admins'));
  expect((await settings()).notices).toBeUndefined();
});

test("those of one integration come to the channel where its name is written, and the workspace's stay", async () => {
  const id = await chat.integration('Zoom', { execute: [{ url: 'https://z.example.com' }] });
  await placeNotices(['zoom'], await inChannel(ADA));
  const { stores } = chat.services;
  expect(settingsOf(await stores.integrations.find(id)).notices?.name).toBe('#it');
  expect((await settings()).notices).toBeUndefined();
  expect(said(await placeNotices(['zoo'], await inChannel(ADA)))).toContain(
    'No integration is called "zoo"',
  );
});

test('who wrote the name of an integration in their direct conversation reads it in what to write', async () => {
  await chat.integration('Zoom', { execute: [{ url: 'https://z.example.com' }] });
  const direct = await chat.turn(ADA);
  const here = { address: { platform: 'slack', key: `direct-${ADA}` } } as const;
  expect(said(await placeNotices(['zoom'], { ...direct, here }))).toMatch(
    /^Write "@Latchkey notices zoom" in the channel for notices\n/,
  );
});

test('in a channel, settings offer it too, and open in the direct conversation', async () => {
  const reply = await settingsFrom(await inChannel(ADA));
  expect(said(reply)).toContain('[Post notices here] [Open the settings]');
});

test('someone who is no admin, and a direct conversation, have no notices', async () => {
  expect(said(await placeNotices([], await inChannel(BO)))).toMatch(
    /^You can't choose where notices go\n/,
  );
  const direct = await chat.turn(ADA);
  const here = { address: { platform: 'slack', key: `direct-${ADA}` } } as const;
  expect(said(await placeNotices([], { ...direct, here }))).toMatch(
    /^Write "@Latchkey notices" in the channel for notices\n/,
  );
  expect((await settings()).notices).toBeUndefined();
});

test('settings that can not be read say so, until an admin chooses them again', async () => {
  const { transact, stores } = chat.services;
  await transact(async (tx) => tx.settings.save(WORKSPACE, 0, 'damaged'));
  const card = await ada.types('settings');
  expect(textOf(card)).toContain("⚠ The settings can't be read");
  expect(said(await placeNotices([], await inChannel(ADA)))).toContain('Nothing changed');
  expect((await stores.settings.find(WORKSPACE))?.value).toBe('damaged');
  const after = await ada.gets(buttonOf(card, 'Edit…'), {
    importMostPeople: '100',
    importMostPercent: '20',
    secrets: 'emails',
  });
  expect(textOf(after)).not.toContain("can't be read");
  expect(await settings()).toEqual(workspace.parse({}));
});
