/** A company that writes sentences, and what each of them opens. */

import { usableCommands } from '../../../../src/bots/features/commands.ts';
import { actions, commands } from '../../../../src/bots/features/features.ts';
import { openSentence } from '../../../../src/bots/features/sentences/open-sentence.ts';
import { readPhrase } from '../../../../src/bots/features/sentences/phrases.ts';
import { answerGreeting } from '../../../../src/bots/features/welcome.ts';
import type { Turn } from '../../../../src/bots/live/context.ts';
import { storedFormSessions } from '../../../../src/bots/live/form-sessions.ts';
import { identifyWith } from '../../../../src/bots/live/identify.ts';
import type { PressReply } from '../../../../src/bots/view/action.ts';
import { Bot } from '../../../../src/bots/view/bot.ts';
import type { Card } from '../../../../src/bots/view/card.ts';
import { type CommandText, words } from '../../../../src/bots/view/command.ts';
import { inLocale } from '../../../../src/core/translate.ts';
import { makeBundle, putItem } from '../../../../src/engine/bundles/change-bundle.ts';
import {
  defaultPolicy,
  type IntegrationSettings,
  type Policy,
  settingsOf,
} from '../../../../src/engine/settings/settings.ts';
import { sharedChat, type TestChat, textOf } from '../../../support/chat.ts';
import { buttonsOf } from '../../../support/clicks.ts';
import { ok } from '../../../support/given/outcomes.ts';

/** An employee, and their manager. */
export const ANN = 'ann@example.com';
export const MIA = 'mia@example.com';
export const ADA = 'ada@example.com';
/** Owns GitHub. */
export const OWEN = 'owen@example.com';

type Sentence = string | CommandText;

export interface Company {
  readonly chat: TestChat;
  /** What the sentence opens: `request.ask Figma until 2026-12-04`, `access Ann`, buttons of suggestions; `nothing`. */
  opens(sentence: Sentence, by?: string, locale?: string): Promise<string>;
  replyTo(sentence: Sentence, by?: string, locale?: string): Promise<PressReply | undefined>;
  /** What the bot says, the text of its card in English; a form by its title. */
  says(text: string, by?: string): Promise<string>;
  settings(name: string, change: IntegrationSettings): Promise<void>;
}

export const NOBODY: Policy = { ...defaultPolicy, requesters: { kind: 'nobody' } };
const SALES: Policy = {
  ...defaultPolicy,
  requesters: { kind: 'departments', departments: ['Sales'] },
};

/** Monday, 30 November 2026. */
const NOW = Date.parse('2026-11-30T09:00:00Z');

export async function companyWithSentences(): Promise<Company> {
  const chat = await sharedChat();
  chat.clock = NOW;
  const { stores, transact } = chat.services;
  const mia = { email: MIA, firstName: 'Mia', lastName: 'Ortiz' };
  await chat.person(mia);
  await chat.person({ email: ADA, firstName: 'Ada', lastName: 'Okafor', role: 'admin' });
  const owen = await chat.person({ email: OWEN, firstName: 'Owen', lastName: 'Park' });
  await chat.person({ email: ANN, firstName: 'Ann', lastName: 'Lee', managerEmail: MIA });
  const bob = { email: 'bob@example.com', firstName: 'Bob', lastName: 'Ray' };
  await chat.person({ ...bob, managerEmail: MIA });
  const other = { email: 'bob.hill@example.com', firstName: 'Bob', lastName: 'Hill' };
  await chat.person(other);
  const names = new Map<string, string>();
  const settings = async (name: string, change: IntegrationSettings) =>
    transact(async (tx) => {
      const app = await tx.integrations.findByName(name);
      if (app) await tx.integrations.save({ ...app, settings: { ...settingsOf(app), ...change } });
    });
  const request = { url: 'https://api.example.com/u' };
  for (const name of ['Figma', 'Figma Admin', 'GitHub', 'Pigeon Post', 'Today', 'Vault', 'Zoom'])
    names.set(await chat.integration(name, { execute: [request], exists: request }), name);
  await settings('Figma Admin', { policy: SALES });
  await settings('GitHub', { ownerIds: [owen.id] });
  await settings('Vault', { policy: NOBODY });
  await settings('Zoom', { policy: NOBODY });
  await transact(async (tx) => {
    const vault = await tx.integrations.findByName('Vault');
    if (vault) await tx.integrations.save({ ...vault, enabled: false });
    const actor = { kind: 'system' } as const;
    const text = { name: 'Starter kit', description: '', tags: '' };
    const made = ok(await makeBundle(tx, text, { actor }));
    names.set(made.bundle.id, made.bundle.name);
    const figma = await tx.integrations.findByName('Figma');
    const item = { integrationId: figma?.id ?? '', form: {}, answers: [] };
    await putItem(tx, made.bundle.id, { item, actor });
  });

  const replyTo: Company['replyTo'] = async (sentence, by = ANN, locale = 'en-GB') => {
    const turn = await chat.turn(by);
    const text = typeof sentence === 'string' ? words(sentence) : sentence;
    return inLocale(locale, () => openSentence(text, turn));
  };
  const appNamed = async (id: string | undefined) =>
    id === undefined ? undefined : (await stores.integrations.find(id))?.name;
  const described = async (id: string, payload: string): Promise<string> => {
    const { integrationId, bundleId, personId, wished, day } = JSON.parse(payload) as Payload;
    const person = personId === undefined ? undefined : await stores.people.find(personId);
    return [
      id,
      names.get(integrationId ?? bundleId ?? '') ?? (await appNamed(integrationId)),
      person && `for ${person.email}`,
      wished && Object.entries(wished).flat().join(' '),
      day && `on ${day}`,
    ]
      .filter(Boolean)
      .join(' ');
  };
  const says: Company['says'] = async (text, by = ANN) => {
    const said: Card[] = [];
    const bot = new Bot<Turn>({
      actions,
      commands,
      meant: openSentence,
      phrase: readPhrase,
      usable: usableCommands,
      greet: answerGreeting,
      sessions: storedFormSessions(chat.services),
      live: {
        show: async ({ view }, _turn, post) =>
          void (await post({ title: `card ${view}`, blocks: [] })),
        replace: async () => undefined,
        current: async () => undefined,
        forget: async () => undefined,
      },
      firstTime: async () => true,
      identify: identifyWith(chat.services),
      onError(error) {
        throw error;
      },
    });
    const take = async (card: Card) => {
      said.push(card);
      return undefined;
    };
    await bot.command(chat.inbound(by), words(text), {
      toPerson: take,
      here: async (card) => {
        await take(card);
      },
      replace: async () => undefined,
      openForm: async (title) => ({
        fill: async (filled) => void said.push({ title: `form ${filled.title}`, blocks: [] }),
        refuse: async () => void said.push({ title: `refused ${title}`, blocks: [] }),
      }),
    });
    return said.map(textOf).join('\n');
  };
  return {
    chat,
    replyTo,
    says,
    settings,
    async opens(sentence, by, locale) {
      const reply = await replyTo(sentence, by, locale);
      if (!reply) return 'nothing';
      if (reply.kind === 'open') {
        await reply.form;
        return described(reply.call.id, reply.call.payload);
      }
      if (reply.kind === 'show') return described(reply.card.view, reply.card.payload);
      if (reply.kind !== 'say') return reply.kind;
      const buttons = buttonsOf(reply.card).map(({ label }) => label);
      return [reply.card.title, ...buttons].join(' · ');
    },
  };
}

/** Cards of suggestions, each with its buttons, and with what stands under all of them. */
const suggests =
  (title: string, last: string) =>
  (...offers: string[]): string =>
    [title, ...offers, last].join(' · ');
export const unsure = suggests('What did you mean?', 'What I can do');
export const unsicher = suggests('Was meinen Sie?', 'Was ich kann');
export const named = suggests('You named several', 'What I can do');
export const genannt = suggests('Sie haben mehrere genannt', 'Was ich kann');

/** What each of some sentences opens for the one who writes it. */
export type Row = readonly [
  by: string,
  language: 'en' | 'de',
  opens: string,
  ...sentences: string[],
];

export const casesOf = (rows: readonly Row[]) =>
  rows.flatMap(([by, language, opens, ...sentences]) =>
    sentences.map((sentence) => ({ by, language, opens, sentence })),
  );

interface Payload {
  readonly integrationId?: string;
  readonly bundleId?: string;
  readonly personId?: string;
  readonly wished?: object;
  readonly day?: string;
}
