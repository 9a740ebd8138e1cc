/** A chat platform, and everything a feature gets, for tests of features without any SDK. */
import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { notifyOfEvents } from '../../src/bots/features/on-events.ts';
import { welcomeOnce } from '../../src/bots/features/welcome.ts';
import type { Reader, Services, Turn } from '../../src/bots/live/context.ts';
import { identifyWith } from '../../src/bots/live/identify.ts';
import type { Card, Row } from '../../src/bots/view/card.ts';
import type {
  ChatPlatform,
  ChatProfile,
  EditUrgency,
  Inbound,
  PlatformError,
} from '../../src/bots/view/platform.ts';
import { catalogueWhenAsked } from '../../src/catalogue.ts';
import { newId } from '../../src/core/ids.ts';
import type { Address } from '../../src/core/message.ts';
import { unreachable } from '../../src/core/unreachable.ts';
import { linkToken } from '../../src/engine/links/links.ts';
import type { Person } from '../../src/engine/people/directory.ts';
import type { NewPerson } from '../../src/engine/people/people.ts';
import type { PersonalData } from '../../src/engine/ports/people-stores.ts';
import type { Clock } from '../../src/engine/ports/time-and-chance.ts';
import { DryRuns } from '../../src/engine/rules/dry-runs.ts';
import type { OnEvent } from '../../src/engine/work/on-event.ts';
import { createPersonalData } from '../../src/store/people/erase-personal-data.ts';
import { type TestDatabase, temporaryDatabase } from './database/database.ts';
import { addedIntegration, addedPerson } from './given/added.ts';

/** What both kinds of databases have. */
type AnyDatabase = Omit<TestDatabase, 'file'>;

export type TestChat = ChatOn<TestDatabase>;

export interface ChatOn<Database extends AnyDatabase> {
  readonly database: Database;
  readonly services: Services;
  /** Milliseconds UTC; the clock of everything. */
  clock: number;
  /** Whether people are welcomed when they are met. Left out: nobody is, so that a test sees its own messages only. */
  welcomes?: boolean;
  readonly personalData: PersonalData;
  /** Users of the platform by id. */
  readonly profiles: Map<string, ChatProfile>;
  person(person: NewPerson): Promise<Person>;
  integration(name: string, manifest: object, secrets?: Record<string, string>): Promise<string>;
  /** An interaction of that user in their direct conversation. */
  inbound(userId: string): Inbound;
  /** @throws where the user is refused */
  turn(userId: string): Promise<Turn>;
  cleanup(): Promise<void>;
}

/** For all tests of a worker, since nothing changes it: reading it is a fifth of what a test of one feature costs. */
const catalogue = catalogueWhenAsked();

/** Of one test, which it ends with. */
export async function testChat(): Promise<TestChat> {
  const chat = await sharedChat();
  onTestFinished(() => chat.cleanup());
  return chat;
}

/** Of several tests; the last one calls `cleanup`. */
export const sharedChat = (): Promise<TestChat> => testChatOn(temporaryDatabase);

/** @param open what opens an empty database, where it matters which */
export async function testChatOn<Database extends AnyDatabase>(
  open: (now: Clock, onEvent: OnEvent) => Promise<Database>,
): Promise<ChatOn<Database>> {
  const profiles = new Map<string, ChatProfile>();
  const chat: Pick<ChatOn<Database>, 'clock' | 'welcomes'> = {
    clock: Date.parse('2026-11-25T09:00:00Z'),
  };
  const now = () => new Date(chat.clock);
  const database = await open(now, notifyOfEvents);
  const { stores, transact, vault } = database;
  const personalData = createPersonalData(database.db, vault);
  const services: Services = {
    stores,
    transact,
    now,
    newId,
    randomBytes: (size) => randomBytes(size),
    keyedHash: (text) => vault.keyedHash(text),
    links: {
      urlOf: (link) => `http://localhost/links/${linkToken(link, (text) => vault.keyedHash(text))}`,
      isPublic: true,
      openFrom: () => true,
      redirectUrlOf: (id) => `http://localhost/oauth/${id}/callback`,
      hookUrlOf: (id) => `http://localhost/hooks/${id}`,
    },
    installation: { timeZone: 'UTC', adminEmails: [], secretsInChat: true },
    dryRuns: new DryRuns({ stores, now, timeZone: 'UTC' }),
    catalogue,
    // Nobody else works here: waiting for news passes the time.
    signals: {
      announce: () => undefined,
      async next(_topic, withinMs) {
        chat.clock += withinMs;
      },
    },
  };
  let events = 0;
  const inbound = (userId: string): Inbound => ({
    user: { platform: 'slack', tenant: 'T1', userId },
    key: `event-${++events}`,
    place: 'direct',
    direct: { platform: 'slack', key: `direct-${userId}` },
    profileOf: async (id) => profiles.get(id),
  });
  return Object.assign(chat, {
    database,
    services,
    personalData,
    profiles,
    inbound,
    async turn(userId: string) {
      const turn = await identifyWith(
        services,
        chat.welcomes ? welcomeOnce : undefined,
      )(inbound(userId));
      if ('refused' in turn) throw new Error(turn.refused.title);
      return turn;
    },
    async person(person: NewPerson) {
      const added = await addedPerson(transact, person);
      profiles.set(added.email, {
        email: added.email,
        name: `${added.firstName} ${added.lastName}`,
        kind: 'member',
      });
      return added;
    },
    async integration(name: string, manifest: object, secrets: Record<string, string> = {}) {
      return (await addedIntegration(transact, { name, manifest, secrets })).id;
    },
    cleanup: () => database.cleanup(),
  });
}

/** What a card is rendered with for that user: the same person, with their permissions as they are now. */
export async function liveReader(chat: TestChat, userId: string): Promise<Reader> {
  const { actor, stores, now } = await chat.turn(userId);
  const dates = { timeZone: 'UTC', scheduleZone: 'UTC' };
  return { reader: actor, stores, now, ...dates };
}

/** Remembers what it showed; fails as often as a test wants. */
export class RecordingPlatform implements ChatPlatform {
  readonly name: Address['platform'];
  readonly sent: { readonly to: Address; readonly card: Card }[] = [];
  readonly edits: {
    readonly message: Address;
    readonly card: Card;
    readonly urgency: EditUrgency | undefined;
  }[] = [];
  /** Thrown by the next call instead of doing it. */
  failNext: PlatformError | undefined;

  constructor(name: Address['platform'] = 'slack') {
    this.name = name;
  }

  /** Every message as it stands now. */
  shown(): readonly Card[] {
    return this.sent.map(({ card }, index) => {
      const key = `message-${index + 1}`;
      return this.edits.findLast(({ message }) => message.key === key)?.card ?? card;
    });
  }

  async send(to: Address, card: Card): Promise<Address> {
    this.#fail();
    this.sent.push({ to, card });
    return { platform: this.name, key: `message-${this.sent.length}` };
  }

  async edit(message: Address, card: Card, urgency?: EditUrgency): Promise<void> {
    this.#fail();
    this.edits.push({ message, card, urgency });
  }

  #fail(): void {
    const error = this.failNext;
    this.failNext = undefined;
    if (error) throw error;
  }
}

/** Everything a card says, its buttons in brackets. */
export function textOf(card: Card): string {
  const lines = card.blocks.map((block) => {
    switch (block.kind) {
      case 'text':
        return spans(block.text);
      case 'facts':
        return block.facts.map(([label, value]) => `${label}: ${spans(value)}`).join('\n');
      case 'row': {
        const words = [block.text, block.detail ?? []].map(spans).filter(Boolean).join(' · ');
        return [words, labels(block)].filter(Boolean).join('\n');
      }
      case 'checklist':
        return block.entries
          .map(({ text, note, isDone }) =>
            [`${isDone ? '☑' : '☐'} ${text}`, note].filter(Boolean).join(' · '),
          )
          .join('\n');
      case 'buttons':
        return labels(block);
      case 'divider':
        return '---';
      default:
        return unreachable(block);
    }
  });
  return [card.title, ...lines].join('\n');
}

const labels = ({ buttons, more = [] }: Pick<Row, 'buttons' | 'more'>): string =>
  [...buttons, ...more].map(({ label }) => `[${label}]`).join(' ');

const spans = (text: readonly (string | { readonly text: string })[]): string =>
  text.map((span) => (typeof span === 'string' ? span : span.text)).join('');
