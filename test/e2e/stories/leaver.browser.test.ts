/**
 * A leaver with access of each manner: one app that is asked, one that can't be, one without a revoke, one that fails for a day,
 * one that is done by hand and one whose username nobody entered. Two Teams clients show the same card to its end.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { personas } from '../../../demo/people.ts';
import { wakeRemoval } from '../../../src/engine/access/removals/wake-removal.ts';
import { openTeamsClients } from '../../support/browser/teams-clients.ts';
import { type TestCompany, testCompany } from '../../support/company/company.ts';
import { grantAtCompany, letLodestoneVouch } from '../../support/company/company-grant.ts';
import { addedIntegration, addedManual } from '../../support/given/added.ts';
import { present } from '../../support/given/outcomes.ts';
import {
  type ReceivedRequest,
  startThirdParty,
  type ThirdParty,
} from '../../support/peers/third-party.ts';
import type { TeamsChat } from '../../support/teams/teams-chat.ts';
import { tick } from '../../support/tick.ts';

/** Long enough for forms and runs, with a machine that does other things beside. */
const STORY_MS = 240_000;
const SLOW_MS = 60_000;
const SLOW = { timeout: SLOW_MS };
const DAY_MS = 24 * 60 * 60_000;

const ANN = 'ann.lee@harbour.example';
const OFFBOARDING = 'Offboarding of Ann Lee';
const YESTERDAY = new Date(Date.now() - DAY_MS).toISOString().slice(0, 10);

let company: TestCompany;
let apps: ThirdParty;
let teams: { close(): Promise<void> } | undefined;
let ada: TeamsChat;
let marco: TeamsChat;

beforeAll(async () => {
  apps = await startThirdParty();
  company = await testCompany({ TEAMS_LOCAL: '1', ALLOW_PRIVATE_HOSTS: '127.0.0.1' });
  await giveAnnEverything();
  const opened = await openTeamsClients(company, [personas.admin, personas.manager]);
  teams = opened;
  [ada, marco] = opened.pages;
  // The bot can write to someone in Teams from their first message on.
  await marco.send('tasks');
  await marco.waitForText('You have no open tasks.');
}, STORY_MS);

afterAll(async () => {
  await teams?.close();
  await company?.stop();
  await apps?.close();
});

test(
  'a last day that is over is confirmed once more, and names what goes at once',
  async () => {
    await ada.send('offboard Ann Lee');
    await ada.open('Plan the last day…', 'is leaving');
    await ada.fill('Last day', YESTERDAY);
    await ada.press('Plan it');
    await ada.waitForText('Removed immediately: Chartroom, Fernboard, Tidelog.');
    await ada.waitForText('Removed by hand, one task each: Codehaven, Door badge, Plotbox.');
    await ada.waitForText('Also checked, to be sure: Lodestone, Pigeon Post.');
    await picture(ada, 'Removed immediately:', 'leaver-at-once');
    expect(await ada.read(OFFBOARDING)).toBe('');
    await ada.press('Offboard now');
    await ada.waitForText(OFFBOARDING);
  },
  STORY_MS,
);

test(
  'the card says of each app how far it is and why, at once and to the manager too',
  async () => {
    await tick(company.app.foundation);
    await expect
      .poll(() => ada.read(OFFBOARDING), SLOW)
      .toContain('2 of 6 removed. No access to remove: 2.');
    await expect
      .poll(() => ada.read(OFFBOARDING), SLOW)
      .toContain(
        'Chartroom\n⚠ Not removed yet. The last try failed: Chartroom had a problem on its side. Next try:',
      );
    for (const row of [
      "Codehaven\n⚠ Being removed by hand (any admin can do it). Codehaven username isn't known",
      'Door badge\n⚠ Being removed by hand (assigned to Marco Ruiz).',
      "Plotbox\n⚠ Being removed by hand (assigned to Marco Ruiz). Latchkey can't revoke",
      'Fernboard\n✓ Gone: the app reports no access',
      "Tidelog\n✓ Gone: revoked; Latchkey can't check this app",
    ])
      await expect.poll(() => ada.read(OFFBOARDING), SLOW).toContain(row);
    const isTheSame = async () => {
      const [his, hers] = [await marco.read(OFFBOARDING), await ada.read(OFFBOARDING)];
      return his.replaceAll('assigned to you', 'assigned to Marco Ruiz') === hers;
    };
    await expect.poll(isTheSame, SLOW).toBe(true);
    await picture(ada, OFFBOARDING, 'leaver-card');
  },
  STORY_MS,
);

test(
  'what the manager has done by hand is checked where the app can be asked',
  async () => {
    apps.on('GET /plotbox', { json: [] }); // He has removed it there.
    await marco.pressOn('Remove Plotbox from Ann Lee', 'Done');
    await marco.waitForText('Plotbox · ✓ Gone: the app reports no access');
    await marco.pressOn('Remove Door badge from Ann Lee', 'Done');
    await marco.waitForText('Door badge · ✓ Gone: done by hand by Marco Ruiz');
    await marco.waitForText('4 of 6 removed');
    await picture(marco, OFFBOARDING, 'leaver-manager');
    expect(apps.requests.filter(isOf('DELETE', '/plotbox'))).toEqual([]);
  },
  STORY_MS,
);

test(
  'an admin who has looked at the app says that the account with the unknown username is gone',
  async () => {
    await ada.chooseInMenu(OFFBOARDING, 'View removal');
    await ada.waitForText('Codehaven has to be removed from Ann Lee by hand');
    await ada.open("I checked: it's gone…", 'you checked Codehaven yourself');
    await picture(ada, 'you checked Codehaven yourself', 'leaver-checked');
    await ada.press("It's gone");
    await marco.waitForText("Codehaven · ✓ Gone: Ada Okafor checked: it's gone");
    expect(apps.requests.filter(({ url }) => url.startsWith('/codehaven'))).toEqual([]);
  },
  STORY_MS,
);

test(
  'what has failed for a day is tried on, and when the app is back the card ends in Done',
  async () => {
    for (const tries of [2, 3, 4, 5]) await untilNextTry(tries);
    await viewRemoval('Chartroom', 'Tried 5 times so far');
    await ada.waitForText('⚠ Stuck at Chartroom');
    await picture(ada, 'Tried 5 times so far', 'leaver-stuck');

    apps.on('DELETE /chartroom', { json: {} });
    apps.on('GET /chartroom', { json: [] });
    await ada.pressOn('Tried 5 times so far', 'Retry now');
    await ada.waitForText('✓ Ann Lee no longer has Chartroom');
    await ada.waitForText('✓ Nothing is stuck at Chartroom any more');
    for (const page of [ada, marco])
      await expect.poll(() => page.read(OFFBOARDING), SLOW).toContain('✓ Done on');
    await picture(ada, OFFBOARDING, 'leaver-done');
    expect(company.teamTool.state.members.has(ANN)).toBe(false);
  },
  STORY_MS,
);

/** Ann has something of each manner. */
async function giveAnnEverything(): Promise<void> {
  const { stores, transact, now } = company.app.foundation;
  const ann = present(await stores.people.findByEmail(ANN));
  const asks = (path: string) => ({ url: `${apps.url}${path}`, method: 'GET', expected: ANN });
  const writes = (path: string) => [{ url: `${apps.url}${path}`, method: 'POST' }];
  const removes = (path: string) => [{ url: `${apps.url}${path}`, method: 'DELETE' }];
  const manifests = {
    Plotbox: { exists: asks('/plotbox'), execute: writes('/plotbox') },
    Tidelog: { execute: writes('/tidelog'), revoke: removes('/tidelog') },
    Chartroom: {
      exists: asks('/chartroom'),
      execute: writes('/chartroom'),
      revoke: removes('/chartroom'),
    },
    Codehaven: {
      extra_user_info: [{ id: 'CODEHAVEN_USERNAME', name: 'Codehaven username' }],
      exists: { ...asks('/codehaven/{{CODEHAVEN_USERNAME}}') },
      execute: writes('/codehaven/{{CODEHAVEN_USERNAME}}'),
      revoke: removes('/codehaven/{{CODEHAVEN_USERNAME}}'),
    },
  };
  for (const path of ['/plotbox', '/tidelog', '/chartroom']) {
    apps.on(`POST ${path}`, { json: {} });
    apps.on(`GET ${path}`, { json: [ANN] });
    apps.on(`DELETE ${path}`, { json: {} });
  }
  for (const method of ['GET', 'DELETE']) apps.on(`${method} /chartroom`, { status: 500 });
  for (const [name, manifest] of Object.entries(manifests)) {
    await addedIntegration(transact, { name, manifest });
    if (name !== 'Codehaven') await grantAtCompany(company, ANN, name);
  }
  await grantAtCompany(company, ANN, 'Fernboard', { TEAM_ID: 'team-1', TEAM_ROLE: 'member' });
  await letLodestoneVouch(company, personas.manager.email);
  const assignee = { kind: 'manager' } as const;
  const badge = await addedManual(transact, { name: 'Door badge', assignee });
  const given = { personId: ann.id, integrationId: badge.id, reason: 'Given by hand.' };
  await stores.access.put({ ...given, state: 'has', since: now(), checkedAt: now() });
}

/** The pause before the next try passes, and the try fails as the one before. */
async function untilNextTry(tries: number): Promise<void> {
  const { stores, transact, now } = company.app.foundation;
  const chartroom = await stores.integrations.findByName('Chartroom');
  const stuck = async (tx: Pick<typeof stores, 'removals'>) => {
    const [removal] = await tx.removals.openAt(chartroom?.id ?? '');
    return removal?.state === 'stuck' ? removal : undefined;
  };
  await transact(async (tx) => {
    const removal = await stuck(tx);
    if (!removal?.retryAt) throw new Error('Chartroom is not stuck');
    const { retryAt, beganAt, causes, ...rest } = removal;
    const passed = retryAt.getTime() - now().getTime();
    const earlier = (at: Date) => new Date(at.getTime() - passed);
    const moved = await tx.removals.save({
      ...rest,
      beganAt: earlier(beganAt),
      causes: causes.map((cause) => ({ ...cause, at: earlier(cause.at) })),
      dueAt: now(),
    });
    await wakeRemoval(tx, moved, { dueAt: now() });
  });
  await expect.poll(async () => (await stuck(stores))?.tries, SLOW).toBe(tries);
}

const viewRemoval = (app: string, says: string): Promise<void> =>
  ada.openOn(OFFBOARDING, `View removal: ${app}`, says);

const isOf =
  (method: string, url: string) =>
  (request: ReceivedRequest): boolean =>
    request.method === method && request.url === url;

/** Of the newest card that says this. */
const picture = (page: TeamsChat, text: string, name: string): Promise<void> =>
  page.picture(text, name);
