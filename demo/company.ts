/**
 * A whole small company: three third parties, Latchkey on a fresh SQLite database, people and integrations. What
 * `npm run demo` shows and the end-to-end tests play with. It uses the product's own code paths only.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type App, startApp } from '../src/app/app.ts';
import type { Foundation } from '../src/app/foundation.ts';
import type { Environment } from '../src/config/variables.ts';
import type { BundleItem } from '../src/engine/bundles/bundle.ts';
import { makeBundle, putItem } from '../src/engine/bundles/change-bundle.ts';
import { pauseSchedule } from '../src/engine/imports/sync-schedules.ts';
import { changeSettings } from '../src/engine/integrations/change-integration.ts';
import { addIntegration } from '../src/engine/integrations/integrations.ts';
import { changePerson } from '../src/engine/people/change-person.ts';
import type { Actor, Integration, Person } from '../src/engine/people/directory.ts';
import { addPerson } from '../src/engine/people/people.ts';
import { assignSequence } from '../src/engine/sequences/assign.ts';
import { addItem, type NewItem } from '../src/engine/sequences/change-items.ts';
import { makeSequence } from '../src/engine/sequences/change-sequence.ts';
import { defaultPolicy } from '../src/engine/settings/settings.ts';
import { changeWorkspaceSettings } from '../src/engine/settings/workspace-settings.ts';
import { personas, samplePeople } from './people.ts';
import { PIGEON_POST_KEY, type SlowMailOptions, startSlowMail } from './third-parties/slow-mail.ts';
import {
  LODESTONE_PASSWORD,
  LODESTONE_USER,
  startStaffDirectory,
} from './third-parties/staff-directory.ts';
import type { Credentials, ThirdParty } from './third-parties/start-app.ts';
import { FERNBOARD_TOKEN, startTeamTool } from './third-parties/team-tool.ts';
import { SKYLARK_TOKEN } from './third-parties/texting.ts';

export interface CompanyOptions {
  /** Holds the database; has to exist and be empty. */
  readonly folder: string;
  readonly port: number;
  /** More of the environment: which chat platforms, log level. */
  readonly environment: Environment;
  readonly slowMail?: SlowMailOptions;
  /** Where the compiled jobs are, for callers that aren't compiled. */
  readonly jobsFolder?: URL;
  /** Ready-made integrations beside Latchkey's own. */
  readonly moreReadyMade?: URL;
}

export interface ThirdParties {
  readonly teamTool: Awaited<ReturnType<typeof startTeamTool>>;
  readonly staffDirectory: Awaited<ReturnType<typeof startStaffDirectory>>;
  readonly slowMail: Awaited<ReturnType<typeof startSlowMail>>;
  /** For `ALLOW_PRIVATE_HOSTS`. */
  readonly hosts: string;
  /** The third party stops listening. False for a name that is none. */
  takeDown(name: string): Promise<boolean>;
  /** It listens again, where it did, with nothing in it. False for a name that is none. */
  bringUp(name: string): Promise<boolean>;
  close(): Promise<void>;
}

export interface Furniture {
  /** By email. */
  readonly people: ReadonlyMap<string, Person>;
  /** By name. */
  readonly integrations: ReadonlyMap<string, Integration>;
}

export interface Company extends Omit<ThirdParties, 'close'>, Furniture {
  readonly app: App;
  stop(): Promise<void>;
}

export async function startCompany(options: CompanyOptions): Promise<Company> {
  const thirdParties = await startThirdParties(options.slowMail);
  const { jobsFolder, moreReadyMade } = options;
  const app = await startApp(environmentOf(options, thirdParties), jobsFolder, moreReadyMade);
  return {
    ...thirdParties,
    ...(await furnish(app.foundation, thirdParties)),
    app,
    async stop() {
      await app.stop();
      await thirdParties.close();
    },
  };
}

/** An account that nobody in the directory has: `findings` shows it once the list of Fernboard was read. */
export function addForgottenAccount({ teamTool }: Pick<ThirdParties, 'teamTool'>): void {
  const email = 'studio@elsewhere.example';
  teamTool.state.members.set(email, { id: 'member-17', email, role: 'editor' });
}

export async function startThirdParties(mailOptions: SlowMailOptions = {}): Promise<ThirdParties> {
  const [teamTool, staffDirectory, slowMail] = await Promise.all([
    startTeamTool(),
    startStaffDirectory(),
    startSlowMail(mailOptions),
  ]);
  const starters: Record<string, (at: { readonly port: number }) => Promise<Closable>> = {
    fernboard: (at) => startTeamTool({ ...at, ...seenBy(teamTool) }),
    lodestone: (at) => startStaffDirectory({ ...at, ...seenBy(staffDirectory) }),
    'pigeon post': (at) => startSlowMail({ ...mailOptions, ...at, ...seenBy(slowMail) }),
  };
  const running = new Map<string, Closable>([
    ['fernboard', teamTool],
    ['lodestone', staffDirectory],
    ['pigeon post', slowMail],
  ]);
  return {
    teamTool,
    staffDirectory,
    slowMail,
    hosts: [...running.values()].map(({ url }) => new URL(url).host).join(','),
    async takeDown(name) {
      const party = running.get(name.toLowerCase());
      await party?.close();
      return party !== undefined;
    },
    async bringUp(name) {
      const known = name.toLowerCase();
      const [party, starter] = [running.get(known), starters[known]];
      if (!party || !starter) return false;
      await party.close();
      running.set(known, await starter({ port: Number(new URL(party.url).port) }));
      return true;
    },
    async close() {
      await Promise.all(Array.from(running.values(), (party) => party.close()));
    },
  };
}

/** What was sent to a third party stays known over its restarts. */
const seenBy = ({ state }: ThirdParty<{ readonly credentials: Credentials }>) => ({
  credentials: state.credentials,
});

/** Whatever the options say of the environment wins. */
export function environmentOf(
  { folder, port, environment }: CompanyOptions,
  { hosts }: Pick<ThirdParties, 'hosts'>,
): Environment {
  return {
    HOST: '127.0.0.1',
    PORT: String(port),
    DATABASE_URL: `sqlite:${join(folder, 'latchkey.sqlite')}`,
    ADMIN_EMAILS: personas.admin.email,
    ALLOW_PRIVATE_HOSTS: hosts,
    ...environment,
  };
}

/** What samples are stored with. */
type Furnishing = Pick<Foundation, 'transact' | 'now' | 'newId'>;

/** Adds the sample people and the three integrations. */
export async function furnish(
  foundation: Furnishing,
  { teamTool, staffDirectory, slowMail }: ThirdParties,
): Promise<Furniture> {
  return {
    people: await addPeople(foundation),
    integrations: await addIntegrations(foundation, [
      {
        name: 'Fernboard',
        file: 'fernboard.json',
        secrets: { BASE_URL: teamTool.url, TOKEN: FERNBOARD_TOKEN },
      },
      {
        name: 'Lodestone',
        file: 'lodestone.json',
        secrets: {
          BASE_URL: staffDirectory.url,
          USER: LODESTONE_USER,
          PASSWORD: LODESTONE_PASSWORD,
        },
      },
      {
        name: 'Pigeon Post',
        file: 'pigeon-post.json',
        secrets: { BASE_URL: slowMail.url, KEY: PIGEON_POST_KEY },
      },
    ]),
  };
}

/** Lodestone's staff list, from which people are imported: by hand, since its schedule rests while someone looks around. */
export async function addStaffImport(
  foundation: Furnishing,
  { staffDirectory }: Pick<ThirdParties, 'staffDirectory'>,
): Promise<void> {
  const added = await addIntegrations(foundation, [
    {
      name: 'Lodestone staff',
      file: 'lodestone-staff.json',
      secrets: {
        BASE_URL: staffDirectory.url,
        USER: LODESTONE_USER,
        PASSWORD: LODESTONE_PASSWORD,
      },
    },
  ]);
  const staff = added.get('Lodestone staff');
  if (staff) await foundation.transact((tx) => pauseSchedule(tx, staff, { actor }));
}

/** Texts go over Skylark, Ann has a phone, and a sequence sends a welcome text. */
export async function addTexting(foundation: Furnishing, skylark: string): Promise<void> {
  const { transact, now, newId } = foundation;
  const secrets = { BASE_URL: skylark, TOKEN: SKYLARK_TOKEN };
  const added = await addIntegrations(foundation, [
    { name: 'Skylark', file: 'skylark.json', secrets },
  ]);
  const deps = { now, newId, actor };
  await transact(async (tx) => {
    await changeWorkspaceSettings(tx, { textProviderId: added.get('Skylark')?.id });
    const ann = (await tx.people.search('Ann Lee', { offset: 0, limit: 1 })).people[0];
    if (ann) await changePerson(tx, ann, { actor, details: { phone: '+32 470 12 34 56' } });
    const wanted = { name: 'Welcome', anchor: 'assignment', isForEveryHire: false } as const;
    const made = await makeSequence(tx, wanted, deps);
    if (!made.ok) throw new Error(made.why);
    const text = 'Welcome, {{first_name}}! {{manager}} waits for you on {{start}}.';
    const does = { kind: 'message', channel: 'text', to: '{{email}}', subject: '', text } as const;
    await addItem(tx, made.value.id, { timing: { kind: 'at-once' }, does, ...deps });
  });
}

/** Pigeon Post is for some hours: its forms offer 4 and 8 of them. */
export async function limitToHours({ transact }: Furnishing): Promise<void> {
  await transact(async (tx) => {
    const integration = await tx.integrations.findByName('Pigeon Post');
    const policy = { ...defaultPolicy, longestHours: 8 };
    if (integration) await changeSettings(tx, integration, { change: { policy }, actor });
  });
}

/** A sequence that Ann has, who starts in three days: nothing of it is due on the day of the demo. */
export async function addFirstWeek({ transact, now, newId }: Furnishing): Promise<void> {
  const deps = { now, newId, actor };
  await transact(async (tx) => {
    const wanted = { name: 'First week', anchor: 'start-date', isForEveryHire: false } as const;
    const made = await makeSequence(tx, wanted, deps);
    const lodestone = await tx.integrations.findByName('Lodestone');
    const [ann] = (await tx.people.search('Ann Lee', { offset: 0, limit: 1 })).people;
    if (!made.ok || !lodestone || !ann) throw new Error('The first week could not be set up');
    const sequence = made.value;
    const laptop = await addItem(tx, sequence.id, {
      timing: { kind: 'before', days: 2, time: '09:00' },
      does: {
        kind: 'task',
        title: 'Set up a laptop for {{first_name}}',
        note: '',
        assignee: { kind: 'manager' },
        dueInDays: 2,
        checklist: ['Order it', 'Encrypt its disk', 'Put it on the desk'],
      },
      ...deps,
    });
    const items: readonly NewItem[] = [
      {
        timing: { kind: 'on', time: '08:00' },
        does: {
          kind: 'grant',
          integrationId: lodestone.id,
          form: { HOME_GROUP: 'builders' },
          answers: [{ label: 'Home group', value: 'Builders' }],
        },
      },
      {
        timing: { kind: 'on', time: '09:00' },
        does: {
          kind: 'message',
          channel: 'direct',
          to: '{{manager_email}}',
          subject: '{{first_name}} starts today',
          text: '{{buddy}} is the buddy. What {{first_name}} has: {{access_overview}}',
        },
        ...(laptop.ok && { waitsForItemId: laptop.value.id }),
      },
      {
        timing: { kind: 'after', workingDays: 2, time: '12:00' },
        does: {
          kind: 'task',
          title: 'Have lunch with {{first_name}}',
          note: '',
          assignee: { kind: 'buddy' },
          dueInDays: 0,
          checklist: [],
        },
      },
    ];
    for (const item of items) await addItem(tx, sequence.id, { ...item, ...deps });
    const wish = { sequence, person: ann, actor, past: 'hold' } as const;
    await assignSequence(tx, wish);
  });
}

/** What everyone in Product needs, as one bundle: a board of the first team, and the directory of staff. */
export async function addProductBasics(
  { transact }: Furnishing,
  { teamTool }: Pick<ThirdParties, 'teamTool'>,
): Promise<void> {
  const [team] = teamTool.state.teams;
  const typed = {
    name: 'Product basics',
    description: 'What everyone in Product needs from the first day.',
    tags: 'design, board',
  };
  await transact(async (tx) => {
    const made = await makeBundle(tx, typed, { actor });
    const fernboard = await tx.integrations.findByName('Fernboard');
    const lodestone = await tx.integrations.findByName('Lodestone');
    if (!made.ok || !team || !fernboard || !lodestone)
      throw new Error('The bundle could not be set up');
    const items: readonly BundleItem[] = [
      {
        integrationId: fernboard.id,
        form: { TEAM_ID: team.id, TEAM_ROLE: 'member' },
        answers: [
          { label: 'Team', value: team.name },
          { label: 'Role', value: 'Member' },
        ],
      },
      {
        integrationId: lodestone.id,
        form: { HOME_GROUP: 'builders' },
        answers: [{ label: 'Home group', value: 'Builders' }],
        hours: 90 * 24,
      },
    ];
    for (const item of items) await putItem(tx, made.bundle.id, { item, actor });
  });
}

interface Closable {
  readonly url: string;
  /** May be called again. */
  close(): Promise<void>;
}

const actor: Actor = { kind: 'operator', user: 'demo' };

async function addPeople(foundation: Furnishing): Promise<ReadonlyMap<string, Person>> {
  const { transact, now } = foundation;
  const added = new Map<string, Person>();
  await transact(async (tx) => {
    const admin = await tx.people.findByEmail(personas.admin.email);
    if (admin) {
      const { givenName: firstName, surname: lastName } = personas.admin;
      added.set(admin.email, await tx.people.save({ ...admin, firstName, lastName }));
    }
    for (const person of samplePeople(now())) {
      const result = await addPerson(tx, person, { actor });
      if (!result.ok) throw new Error(result.problems.join('\n'));
      added.set(result.person.email, result.person);
    }
  });
  return added;
}

interface Sample {
  readonly name: string;
  readonly file: string;
  readonly secrets: Readonly<Record<string, string>>;
}

async function addIntegrations(
  { transact }: Furnishing,
  samples: readonly Sample[],
): Promise<ReadonlyMap<string, Integration>> {
  const added = new Map<string, Integration>();
  for (const { name, file, secrets } of samples) {
    const manifest = await readFile(new URL(`manifests/${file}`, import.meta.url), 'utf8');
    const result = await transact((tx) =>
      addIntegration(tx, { name, manifest, secrets }, { actor }),
    );
    if (!result.ok)
      throw new Error(result.errors.map(({ place, message }) => `${place}: ${message}`).join('\n'));
    added.set(name, result.integration);
  }
  return added;
}
