/** A bot with a few commands and actions, over sessions in memory: what the adapter is tested with. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { z } from 'zod';
import type { Connector } from '../../../src/bots/teams/connector/connector.ts';
import type { TeamsConfig } from '../../../src/bots/teams/platform.ts';
import { createTeams, type Teams } from '../../../src/bots/teams/receiver.ts';
import type { FetchJson } from '../../../src/bots/teams/signing-keys.ts';
import {
  type Action,
  ActionBook,
  buttonAction,
  formAction,
  type PressReply,
} from '../../../src/bots/view/action.ts';
import { Bot } from '../../../src/bots/view/bot.ts';
import type { Preview } from '../../../src/bots/view/bot-deps.ts';
import { type Card, note } from '../../../src/bots/view/card.ts';
import { type Command, plainText } from '../../../src/bots/view/command.ts';
import type { SessionUser } from '../../../src/bots/view/form-sessions.ts';
import type { Inbox } from '../../../src/bots/view/inbox.ts';
import type { Inbound, Shortcut } from '../../../src/bots/view/platform.ts';
import type { Address } from '../../../src/core/message.ts';
import type { Download } from '../../../src/core/network/download.ts';
import { MemorySessions } from '../memory-sessions.ts';
import { localConnector } from './connector/opened.ts';

export interface Turn extends SessionUser {
  readonly inbound: Inbound;
}

/** Text that would become markup, a mention or a date if it weren't literal. */
export const HOSTILE =
  '<!channel> [a](https://evil.example) **bold** `code` <at>Ann Lee</at> {{DATE(2026-11-24T10:00:00Z, SHORT)}} <b>x</b> &amp; 🙂';

const empty = z.object({});

const grant = formAction({
  id: 'grant',
  payload: z.object({ who: z.string() }),
  title: () => 'Grant access',
  submitLabel: () => 'Grant',
  fields: (_payload, _turn: Turn) =>
    Promise.resolve({
      intro: [['Literal: ', HOSTILE]],
      fields: {
        project: {
          kind: 'choice',
          label: 'Project',
          options: Array.from({ length: 240 }, (_, index) => ({
            label: `Project number ${index + 1}`,
            value: `p${index + 1}`,
          })),
        },
        rights: {
          kind: 'choices',
          label: 'Rights',
          hint: 'As many as needed.',
          options: [
            { label: 'Read', value: 'r' },
            { label: '**Write** [here](https://x.example)', value: 'w' },
          ],
        },
        reason: { kind: 'text', label: 'Reason' },
        until: { kind: 'date', label: 'Until', optional: true },
      },
    }),
  submit: (values, { who }) =>
    Promise.resolve(
      values.reason === 'no'
        ? { kind: 'invalid', errors: { reason: "That isn't a reason." } }
        : {
            kind: 'replace',
            card: note(
              `Granted for ${who}`,
              `${values.project} with ${values.rights.join('+')}, because: ${values.reason}`,
            ),
          },
    ),
});

const triedBy = new Set<string>();
const flaky = formAction({
  id: 'flaky',
  payload: empty,
  title: () => 'Flaky form',
  submitLabel: () => 'Send',
  fields: (_payload, { inbound }: Turn) => {
    // The first time for someone it fails.
    const first = !triedBy.has(inbound.user.userId);
    triedBy.add(inbound.user.userId);
    return Promise.resolve({
      fields: first
        ? {
            list: {
              kind: 'problem',
              label: 'List',
              message: 'The service answered 503.',
            } as const,
          }
        : { list: { kind: 'text', label: 'List' } as const },
    });
  },
  submit: () => Promise.resolve({ kind: 'say', to: 'here', card: note('Flaky is done') }),
});

const greet = buttonAction<Record<string, never>, Turn>({
  id: 'greet',
  payload: z.record(z.string(), z.never()),
  handle: () => Promise.resolve({ kind: 'replace', card: note('Greeted', 'Good morning.') }),
});

export const welcome: Card = {
  title: 'Access of Ann Lee',
  blocks: [
    { kind: 'text', text: ['Literal: ', HOSTILE] },
    {
      kind: 'facts',
      facts: [
        ['Email', ['ann@example.com']],
        ['Role', [{ kind: 'strong', text: 'New hire' }]],
      ],
    },
    { kind: 'divider' },
    {
      kind: 'buttons',
      buttons: [
        { label: 'Grant…', tone: 'primary', does: grant.with({ who: 'Ann Lee' }) },
        { label: 'Greet', does: greet.with({}) },
        { label: 'Flaky…', tone: 'danger', does: flaky.with({}) },
      ],
    },
  ],
};

const whom = formAction({
  id: 'whom',
  payload: empty,
  title: () => 'Access…',
  submitLabel: () => 'Show',
  fields: (_payload, _turn: Turn) =>
    Promise.resolve({ fields: { who: { kind: 'text', label: 'Whose access?' } } }),
  submit: ({ who }) =>
    Promise.resolve({ kind: 'say', to: 'person', card: note(`Access of ${who}`) }),
});

const useShortcut = (used: Shortcut, turn: Turn): Promise<PressReply> =>
  used.kind === 'global'
    ? whom.press('{}', turn)
    : Promise.resolve(
        used.userId === undefined
          ? { kind: 'say', to: 'here', card: note('An app wrote this') }
          : { kind: 'say', to: 'person', card: note(`Access of ${used.userId}`) },
      );

/** Two views of one card that is looked at again. */
const lookAgain = buttonAction<Record<string, never>, Turn>({
  id: 'look-again',
  payload: z.record(z.string(), z.never()),
  handle: () => Promise.resolve({ kind: 'replace', card: homeCard('Seen again') }),
});
const homeCard = (title: string): Card => ({
  title,
  blocks: [{ kind: 'buttons', buttons: [{ label: 'Refresh', does: lookAgain.with({}) }] }],
});

const commands: readonly Command<Turn>[] = [
  {
    word: 'home',
    usage: '',
    summary: () => 'Shows a card that can be looked at again',
    run: () => Promise.resolve({ kind: 'say', to: 'person', card: homeCard('Home') }),
  },
  {
    word: 'access',
    usage: '[person]',
    summary: () => 'Shows access',
    run: (args) =>
      Promise.resolve({
        kind: 'say',
        to: typeof args[0] === 'object' ? 'person' : 'here',
        card:
          typeof args[0] === 'object' && args[0].kind === 'mention'
            ? note(`Access of ${args[0].userId}`)
            : welcome,
      }),
  },
  {
    word: 'tell',
    usage: '',
    summary: () => 'Answers in the direct conversation',
    run: () => Promise.resolve({ kind: 'say', to: 'person', card: note('For your eyes') }),
  },
  {
    word: 'echo',
    usage: '',
    summary: () => 'Says what was typed',
    run: async (args, { inbound }) => {
      const mentioned = args.flatMap((word) =>
        typeof word === 'object' && word.kind === 'mention' ? [word.userId] : [],
      );
      const profile = await inbound.profileOf(inbound.user.userId);
      return {
        kind: 'say',
        to: 'here',
        card: note(plainText(args), `${mentioned.join(',')} from ${profile?.email ?? 'nobody'}`),
      };
    },
  },
  {
    word: 'read',
    usage: '',
    summary: () => 'Says what is in the files that came along',
    run: async (args) => {
      const texts = await Promise.all(
        args.map(async (word) => {
          if (typeof word === 'string' || word.kind !== 'file') return `word ${plainText([word])}`;
          const text = await word.text(100);
          return typeof text === 'string' ? `${word.name} says ${text}` : text.refused;
        }),
      );
      return { kind: 'say', to: 'here', card: note('Read', ...texts) };
    },
  },
  {
    word: 'grant',
    usage: '',
    summary: () => 'Opens a form',
    run: (_args, turn) => grant.press(grant.with({ who: 'Ann Lee' }).payload, turn),
  },
];

export interface SmallBot {
  /** Its `/api/messages`. */
  readonly endpoint: string;
  readonly teams: Teams;
  /** Direct conversations that were met, by user. */
  readonly met: Map<string, Address>;
  /** The conversations that interactions came from. */
  readonly heres: Address[];
  /** The messages that were replaced by a press. */
  readonly clicked: Address[];
  readonly errors: unknown[];
  /** Who joined: name, kind and key, and where they can be written to. */
  readonly joined: string[];
  /** Why requests were refused, where that was noted. */
  readonly refusals: string[];
  stop(): Promise<void>;
}

export interface SmallBotOptions {
  /** Left out: Microsoft's SDK, without tokens. */
  readonly connector?: Connector;
  readonly more?: readonly Action<Turn>[];
  readonly inbox?: Inbox;
  readonly dialogs?: boolean;
  /** Microsoft's keys; none can be had unless given. */
  readonly fetchJson?: FetchJson;
  readonly now?: () => number;
  readonly pause?: (ms: number) => Promise<void>;
  readonly invokeMs?: number;
  /** What everybody has chosen to read, whatever their client says. */
  readonly locale?: string;
  /** What a message shows a person now; nothing unless given. */
  readonly current?: (at: Address, personId: string) => Promise<Card | undefined>;
  /** What stands below a link. */
  readonly preview?: (url: string) => Promise<Preview | undefined>;
  /** Files that come with messages; none can be had unless given. */
  readonly download?: Download;
}

/** Serves the bot on a port of its own, on 127.0.0.1. */
export async function startSmallBot(
  config: TeamsConfig,
  options: SmallBotOptions = {},
): Promise<SmallBot> {
  const { more = [], locale, preview, ...rest } = options;
  const seen = new Set<string>();
  const met = new Map<string, Address>();
  const heres: Address[] = [];
  const clicked: Address[] = [];
  const errors: unknown[] = [];
  const joined: string[] = [];
  const refusals: string[] = [];
  const bot = new Bot<Turn>({
    actions: new ActionBook<Turn>([grant, flaky, greet, whom, lookAgain, ...more]),
    commands,
    sessions: new MemorySessions(),
    live: {
      show: () => Promise.reject(new TypeError('No live cards here')),
      replace: () => Promise.reject(new TypeError('No live cards here')),
      forget: (at) => Promise.resolve(void clicked.push(at)),
      current: (at, { personId }) => rest.current?.(at, personId) ?? Promise.resolve(undefined),
    },
    firstTime: (key) => Promise.resolve(!seen.has(key) && seen.add(key) !== undefined),
    onJoin: async ({ user, key, direct }, { name, kind }) => {
      joined.push(`${name} ${kind} ${user.userId} ${key} ${direct ? 'direct' : 'unmet'}`);
    },
    shortcut: useShortcut,
    ...(preview && { preview }),
    async identify(inbound) {
      const { user, direct, here } = inbound;
      if (here) heres.push(here.address);
      if (direct) met.set(user.userId, direct); // As the features do.
      return { personId: user.userId, inbound, ...(locale && { locale }) };
    },
    onError: (error) => errors.push(error),
  });
  const teams = createTeams({
    connector: await localConnector(),
    download: async () => ({ kind: 'failed', message: 'There are no files here.' }),
    fetchJson: () => Promise.reject(new Error('There are no keys here.')),
    now: () => 0,
    client: ({ socket }) => socket.remoteAddress ?? '',
    onRefused: (why) => refusals.push(why),
    ...rest,
    config,
    bot,
    directAddressOf: (user) => Promise.resolve(met.get(user.userId)),
    onConversation: (user, direct) => Promise.resolve(void met.set(user.userId, direct)),
    onError: (error) => errors.push(error),
  });
  const app = express();
  app.post('/api/messages', teams.handler);
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}/api/messages`,
    teams,
    met,
    heres,
    clicked,
    errors,
    joined,
    refusals,
    stop: async () => {
      await teams.idle();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
