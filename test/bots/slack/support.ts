/** A small bot behind real Bolt over HTTP, and a workspace that uses it. */
import { createServer, type Server } from 'node:http';
import express from 'express';
import { z } from 'zod';
import { createSlack, type Slack } from '../../../src/bots/slack/receiver.ts';
import { ActionBook, buttonAction, formAction } from '../../../src/bots/view/action.ts';
import { Bot } from '../../../src/bots/view/bot.ts';
import { type Card, note, strong } from '../../../src/bots/view/card.ts';
import { type Command, plainText } from '../../../src/bots/view/command.ts';
import type { Form } from '../../../src/bots/view/form.ts';
import type { SessionUser } from '../../../src/bots/view/form-sessions.ts';
import type { Inbox } from '../../../src/bots/view/inbox.ts';
import type { ChatProfile, Inbound } from '../../../src/bots/view/platform.ts';
import { inLocale } from '../../../src/core/translate.ts';
import type { WorkQueue } from '../../../src/core/work-queue.ts';
import { SlackDouble, type SlackDoubleOptions } from '../../support/slack-double/slack-double.ts';
import { MemorySessions } from '../memory-sessions.ts';
import { homeActions, homeOf, useShortcut } from './home-features.ts';
import { editPerson, importPeople, readFiles, taskCard, tickTask } from './more-features.ts';

export interface Turn extends SessionUser {
  readonly profile: ChatProfile;
  readonly inbound: Inbound;
}

/** What tests may change while the bot runs. */
export interface Scene {
  /** Each thing that was done, once. */
  readonly done: string[];
  readonly errors: unknown[];
  /** Who joined: name and kind, with the key. */
  readonly joined: string[];
  /** Awaited by the form before it has its fields. */
  fieldsReady: Promise<void>;
  teams: readonly string[];
  /** Why the teams can't be asked for now. */
  teamsProblem: string | undefined;
  /** Awaited by the handler of a submission. */
  submitReady: Promise<void>;
  /** Awaited before an approval is done. */
  approveReady: Promise<void>;
  /** What the form that edits opens with. */
  name: string;
  /** What a submission is refused with, by field. */
  refusal: { readonly team?: string } | undefined;
  /** How often Home was made, and how many lines it has beside its buttons. */
  readonly homes: { shown: number; lines: number };
}

export interface Running {
  readonly slack: Slack;
  readonly double: SlackDouble;
  readonly scene: Scene;
  readonly logged: string[];
  /** How often Slack said that Latchkey was removed. */
  readonly removals: () => number;
  /** Where it takes Slack's requests. */
  readonly eventsUrl: string;
  stop(): Promise<void>;
}

const payload = z.strictObject({ person: z.string() });

function actions(scene: Scene): ActionBook<Turn> {
  const grant = formAction<z.infer<typeof payload>, Form['fields'], Turn>({
    id: 'access.grant',
    payload,
    title: () => 'Grant access',
    submitLabel: () => 'Grant',
    async fields() {
      await scene.fieldsReady;
      return {
        fields: {
          team:
            scene.teamsProblem === undefined
              ? {
                  kind: 'choice',
                  label: 'Team',
                  options: scene.teams.map((team) => ({ label: team, value: `id of ${team}` })),
                }
              : { kind: 'problem', label: 'Team', message: scene.teamsProblem },
          reason: { kind: 'text', label: 'Reason', multiline: true },
          until: { kind: 'date', label: 'Until', optional: true },
          tools: {
            kind: 'choices',
            label: 'Tools',
            optional: true,
            options: ['Board', 'Wiki'].map((tool) => ({ label: tool, value: tool.toLowerCase() })),
          },
        },
      };
    },
    async submit(values, { person }) {
      await scene.submitReady;
      if (scene.refusal) return { kind: 'invalid', errors: scene.refusal };
      scene.done.push(`granted ${person}: ${JSON.stringify(values)}`);
      return { kind: 'say', to: 'here', card: note(`${person} has access`) };
    },
  });
  const approve = buttonAction<z.infer<typeof payload>, Turn>({
    id: 'request.approve',
    payload,
    async handle({ person }) {
      await scene.approveReady;
      scene.done.push(`approved ${person}`);
      return { kind: 'replace', card: note(`Approved for ${person}`, 'By you.') };
    },
  });
  const deny = formAction<z.infer<typeof payload>, Form['fields'], Turn>({
    id: 'request.deny',
    payload,
    title: () => 'Deny the request',
    submitLabel: () => 'Deny',
    fields: async () => ({ fields: { why: { kind: 'text', label: 'Why' } } }),
    async submit(values, { person }) {
      scene.done.push(`denied ${person}`);
      return { kind: 'replace', card: note(`Denied for ${person}`, String(values['why'])) };
    },
  });
  const erase = formAction<z.infer<typeof payload>, Form['fields'], Turn>({
    id: 'person.erase',
    payload,
    title: () => 'Erase a person',
    submitLabel: () => 'Erase',
    fields: async () => ({ fields: { why: { kind: 'text', label: 'Why' } } }),
    async submit(_values, { person }, turn) {
      await scene.submitReady;
      return sure.press(sure.with({ person }).payload, turn);
    },
  });
  const sure = formAction<z.infer<typeof payload>, Form['fields'], Turn>({
    id: 'person.erase-for-good',
    payload,
    title: () => 'Are you sure?',
    submitLabel: () => 'For good',
    fields: async ({ person }) =>
      person === 'nobody'
        ? { refused: note('Nobody is erased', 'There is nobody of that name.') }
        : { intro: [[`Everything of ${person} goes.`]], fields: {} },
    async submit(_values, { person }) {
      scene.done.push(`erased ${person}`);
      return { kind: 'say', to: 'here', card: note(`${person} is erased`) };
    },
  });
  const closed = formAction<z.infer<typeof payload>, Form['fields'], Turn>({
    id: 'access.closed',
    payload,
    title: () => 'Grant access',
    submitLabel: () => 'Grant',
    fields: async () => ({ refused: note('Zoom is turned off', 'Ask an admin to turn it on.') }),
    submit: async () => ({ kind: 'nothing' }),
  });
  return new ActionBook<Turn>([
    grant,
    approve,
    deny,
    closed,
    erase,
    sure,
    importPeople(scene),
    tickTask(scene),
    editPerson(scene),
    ...homeActions,
  ]);
}

const button = (label: string, id: string, person: string, opensForm: boolean) => ({
  label,
  does: { id, payload: JSON.stringify({ person }), opensForm },
});

const accessCard = (person: string): Card => ({
  title: `Access of ${person}`,
  blocks: [
    { kind: 'facts', facts: [['Zoom', ['no access']]] },
    {
      kind: 'buttons',
      buttons: [
        button('Grant', 'access.grant', person, true),
        button('Approve', 'request.approve', person, false),
        button('Deny', 'request.deny', person, true),
        button('Closed', 'access.closed', person, true),
        button('Erase', 'person.erase', person, true),
        button('Import', 'people.import', person, true),
        button('Edit', 'person.edit', person, true),
        button('Old', 'from.an.older.version', person, false),
      ],
    },
  ],
});

const commands: readonly Command<Turn>[] = [
  {
    word: 'access',
    usage: '[person]',
    summary: () => 'Shows access',
    async run(args, { profile }) {
      const [first] = args;
      const person =
        typeof first === 'object' && first.kind === 'mention'
          ? `${first.name} (${first.userId})`
          : plainText(args);
      return { kind: 'say', to: 'here', card: accessCard(person || profile.name) };
    },
  },
  {
    word: 'long',
    usage: '',
    summary: () => 'Says a lot',
    run: async () => ({
      kind: 'say',
      to: 'here',
      card: note('Long', ...Array.from({ length: 300 }, (_, index) => `Line ${index}.`)),
    }),
  },
  {
    word: 'list',
    usage: '',
    summary: () => 'Shows rows',
    run: async () => ({
      kind: 'say',
      to: 'here',
      card: {
        title: 'People',
        blocks: ['bob', 'kim'].map((person) => ({
          kind: 'row' as const,
          text: [strong(person)],
          buttons: [],
          more: [
            button(`Deny ${person}`, 'request.deny', person, true),
            button(`Approve ${person}`, 'request.approve', person, false),
          ],
        })),
      },
    }),
  },
  {
    word: 'task',
    usage: '',
    summary: () => 'Shows a checklist',
    run: async () => ({ kind: 'say', to: 'here', card: taskCard }),
  },
  {
    word: 'report',
    usage: '',
    summary: () => 'Says a lot, with a button at the end',
    run: async () => ({
      kind: 'say',
      to: 'person',
      card: {
        title: 'Report',
        blocks: [
          ...Array.from({ length: 70 }, (_, index) => ({
            kind: 'text' as const,
            text: [`Line ${index}.`],
          })),
          { kind: 'buttons', buttons: [button('Approve', 'request.approve', 'bob', false)] },
        ],
      },
    }),
  },
  {
    word: 'form',
    usage: '',
    summary: () => 'Opens a form',
    run: async () => ({
      kind: 'open',
      title: 'Deny the request',
      call: { id: 'request.deny', payload: '{"person":"Ann"}', opensForm: true },
      form: Promise.resolve({
        title: 'Deny the request',
        submitLabel: 'Deny',
        intro: [],
        fields: { why: { kind: 'text', label: 'Why' } },
      }),
    }),
  },
];

/** A page of ours, and what stands below a link to it. */
export const PAGE = 'https://latchkey.example.com/page';
export const PREVIEW: Card = {
  title: 'Latchkey: a page',
  blocks: [
    { kind: 'text', text: ['For everyone.'] },
    { kind: 'buttons', buttons: [button('Grant', 'access.grant', 'Ann', true)] },
  ],
};

/** As the store keeps them, in memory. */
async function identify(inbound: Inbound): Promise<Turn | { readonly refused: Card }> {
  const profile = await inbound.profileOf(inbound.user.userId);
  if (!profile || profile.kind !== 'member')
    return { refused: note('I only work for members', `You are here as: ${profile?.kind}.`) };
  return { personId: `${inbound.user.tenant} ${inbound.user.userId}`, profile, inbound };
}

export interface BotOptions extends SlackDoubleOptions {
  readonly submitTimeoutMs?: number;
  /** Events come over a socket. */
  readonly socket?: boolean;
  readonly reconnectPausesMs?: readonly number[];
  /** The workspace of another process, to which Slack sends nothing from now on. */
  readonly double?: SlackDouble;
  readonly inbox?: Inbox;
  readonly queue?: WorkQueue;
  /** Left out: English. */
  readonly workspaceLocale?: string;
}

export async function runBot(options: BotOptions = {}): Promise<Running> {
  const double = options.double ?? (await SlackDouble.start(options));
  const scene: Scene = {
    name: 'Ann',
    done: [],
    errors: [],
    joined: [],
    fieldsReady: Promise.resolve(),
    teams: ['Design', 'Sales'],
    teamsProblem: undefined,
    submitReady: Promise.resolve(),
    approveReady: Promise.resolve(),
    refusal: undefined,
    homes: { shown: 0, lines: 0 },
  };
  const logged: string[] = [];
  let removals = 0;
  const keys = new Set<string>();
  const bot = new Bot<Turn>({
    actions: actions(scene),
    commands: [...commands, readFiles],
    sessions: new MemorySessions(),
    live: {
      show: () => Promise.reject(new Error('This bot has no live cards')),
      replace: () => Promise.reject(new Error('This bot has no live cards')),
      current: async () => undefined,
      forget: async () => {},
    },
    firstTime: async (key) => !keys.has(key) && Boolean(keys.add(key)),
    identify,
    ...(options.queue && { queue: options.queue }),
    home: homeOf(scene),
    shortcut: useShortcut,
    preview: async (url) => (url === PAGE ? { card: PREVIEW, locale: 'en' } : undefined),
    step: async ({ app, reason }) =>
      app === 'Figma'
        ? {
            kind: 'show',
            card: note('A request', `${app}: ${reason}`),
            shown: async () => void scene.done.push(`shown ${app}`),
            say: () => 'Shown',
          }
        : { kind: 'refused', say: () => 'Refused' },
    forEveryone: (work) => inLocale(options.workspaceLocale ?? 'en', work),
    async onJoin({ key, direct }, { name, kind, email }) {
      scene.joined.push(`${name} <${email}> ${kind} ${key} ${direct?.key}`);
    },
    onError: (error) => scene.errors.push(error),
  });
  const slack = createSlack({
    config: {
      botToken: double.token,
      apiUrl: double.apiUrl,
      ...(options.socket ? { appToken: double.appToken } : { signingSecret: double.signingSecret }),
    },
    reconnectPausesMs: options.reconnectPausesMs ?? [0],
    bot,
    inbox: options.inbox,
    log: { warn: (message) => logged.push(message), error: (message) => logged.push(message) },
    onError: (error) => scene.errors.push(error),
    onCall({ outcome }) {
      if (outcome === 'removed') removals += 1;
    },
    processes: () => 1,
    now: options.now ?? Date.now,
    ...(options.submitTimeoutMs !== undefined && { submitTimeoutMs: options.submitTimeoutMs }),
  });
  const server = slack.handler && (await listen(slack.handler));
  const eventsUrl = server?.eventsUrl ?? '';
  if (!options.double) double.eventsUrl = eventsUrl;
  await slack.start();
  return {
    slack,
    double,
    scene,
    logged,
    removals: () => removals,
    eventsUrl,
    async stop() {
      await slack.stop();
      await server?.close();
      if (!options.double) await double.stop();
    },
  };
}

async function listen(handler: NonNullable<Slack['handler']>) {
  const app = express();
  app.use(handler);
  const server: Server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('The server has no address');
  return {
    eventsUrl: `http://127.0.0.1:${address.port}/slack/events`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A promise and what settles it. */
export function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}
