/**
 * Who reads and presses the cards of a life: she, her managers, two admins, and a colleague who has nothing to do with her. What a
 * press changes is rolled back, so that the life goes on as without it. Whatever state things are in, each card can be drawn for its
 * reader on both platforms, and each press and each form is answered. Of what the others are offered the colleague does nothing, and
 * reads nothing about her.
 */
import { randomBytes } from 'node:crypto';
import { actions, cards, commands } from '../../../src/bots/features/features.ts';
import type { Turn } from '../../../src/bots/live/context.ts';
import { renderCard as renderInSlack } from '../../../src/bots/slack/render-card.ts';
import { renderForm } from '../../../src/bots/slack/render-form.ts';
import { renderCard as renderInTeams } from '../../../src/bots/teams/render-card.ts';
import type { PressReply, SubmitReply } from '../../../src/bots/view/action.ts';
import type { ActionCall } from '../../../src/bots/view/action-call.ts';
import type { Card, ShownCard } from '../../../src/bots/view/card.ts';
import { type Field, type Form, hasProblem, readValues } from '../../../src/bots/view/form.ts';
import { catalogueWhenAsked } from '../../../src/catalogue.ts';
import { addDays, dayIn } from '../../../src/core/days.ts';
import { newId } from '../../../src/core/ids.ts';
import { unreachable } from '../../../src/core/unreachable.ts';
import type { Person } from '../../../src/engine/people/directory.ts';
import { StaleWrite } from '../../../src/engine/ports/store.ts';
import type { Stores, Transaction } from '../../../src/engine/ports/unit-of-work.ts';
import { DryRuns } from '../../../src/engine/rules/dry-runs.ts';
import { textOf } from '../chat.ts';
import { buttonsOf } from '../clicks.ts';
import { present } from '../given/outcomes.ts';
import { randomOf } from '../seeded.ts';
import { checkMessageBlocks, checkView } from '../slack-double/block-kit.ts';
import type { YearEngine } from './engine.ts';
import type { CardOfReader } from './live-cards.ts';

interface Reading {
  readonly seed: number;
  readonly stores: Stores;
  readonly engine: YearEngine;
  /** Whose life it is. */
  readonly subject: Person;
  readonly others: readonly Person[];
  /** Has nothing to do with her. */
  readonly colleague: Person;
  readonly tell: (what: string) => void;
  /** Gets each card that someone opens. */
  readonly seen: CardOfReader[];
}

/** What they type, as words of commands. */
const TYPED =
  'home|access|tasks|requests|request|give back|away|data|help|access Ann|people Ann|grant Ann|revoke Ann|offboard Ann|audit Ann|request GitHub|request Crm|request Badge|give back Jira|integrations GitHub|people|integrations|rules|bundles|sequences|review|findings|activity|audit|setup|settings|import|import HR|hire Bo Lee'.split(
    '|',
  );
/** Presses one after the other, each on the card that came of the one before. */
const STEPS = 4;
/** The newest messages of a reader, and the newest presses that were offered. */
const NEWEST = 40;
const DAYS_AROUND = 30;

const catalogue = catalogueWhenAsked();

type Reply = PressReply | SubmitReply;

/** Ends a transaction that has worked, so that nothing of it stays. */
class RolledBack extends Error {}

/** @returns reads and presses so many times */
export function readersOf(reading: Reading): (times: number) => Promise<void> {
  const { seed, stores, engine, subject, others, colleague, tell, seen } = reading;
  const { now } = engine;
  const random = randomOf(seed + 1);
  for (let warm = 0; warm < 10; warm += 1) random();
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
  const offered: ActionCall[] = [];

  /** @param beforeEnd sees what a press has done */
  function turnOf(actor: Person, beforeEnd?: (tx: Transaction) => Promise<void>): Turn {
    const transact: Turn['transact'] = async (work) => {
      let done: { readonly result: Awaited<ReturnType<typeof work>> } | undefined;
      try {
        await engine.transact(async (tx) => {
          done = { result: await work(tx) };
          await beforeEnd?.(tx);
          throw new RolledBack();
        });
      } catch (error) {
        if (!(error instanceof RolledBack)) throw error;
      }
      return present(done).result;
    };
    const at = 'https://latchkey.example';
    return {
      stores,
      transact,
      now,
      newId,
      catalogue,
      signals: { announce: () => undefined, next: async () => undefined },
      randomBytes: (size) => randomBytes(size),
      keyedHash: (text) => `hash of ${text}`,
      links: {
        urlOf: () => `${at}/links/x`,
        isPublic: true,
        openFrom: () => true,
        redirectUrlOf: (id) => `${at}/oauth/${id}/callback`,
        hookUrlOf: (id) => `${at}/hooks/${id}`,
      },
      installation: { timeZone: 'UTC', adminEmails: [], secretsInChat: true },
      dryRuns: new DryRuns({ stores, now, timeZone: 'UTC' }),
      actor,
      personId: actor.id,
      timeZone: actor.timeZone ?? 'UTC',
      via: 'slack',
      tenant: 'T1',
      user: { platform: 'slack', tenant: 'T1', userId: `U-${actor.id}` },
      profileOf: async () => undefined,
    };
  }

  const draw = async ({ drawn, ...ref }: ShownCard, reader: Person): Promise<Card> =>
    drawn?.isAsPosted
      ? drawn
      : cards.find(ref.view).render(ref.payload, {
          reader,
          stores,
          now,
          timeZone: reader.timeZone ?? 'UTC',
          scheduleZone: 'UTC',
        });

  async function cardOf(reply: Reply | undefined, reader: Person): Promise<Card | undefined> {
    if (!reply || !('card' in reply)) return undefined;
    if ('view' in reply.card) seen.push({ personId: reader.id, card: reply.card });
    const card = 'view' in reply.card ? await draw(reply.card, reader) : reply.card;
    for (const { blocks } of renderInSlack(card)) {
      const checked = checkMessageBlocks(blocks);
      if (!checked.ok) throw new Error(`Slack refuses it: ${JSON.stringify(checked)}`);
    }
    renderInTeams(card, { dialogs: true });
    const text = textOf(card);
    if (/undefined|\[object|NaN|Invalid Date/.test(text)) throw new Error(`It says ${text}`);
    return card;
  }

  function answerTo(field: Field): string | readonly string[] | undefined {
    if (field.optional && random() < 0.5) return undefined;
    const isKept = random() < 0.6;
    switch (field.kind) {
      case 'text':
        return isKept && field.initial
          ? field.initial
          : pick(['A plan', '3', 'ann@x.io', '1 hour']);
      case 'date':
        return addDays(dayIn('UTC', now()), Math.floor(random() * DAYS_AROUND) - 3);
      case 'choice':
        return String(Math.floor(random() * field.options.length));
      case 'choices':
        return field.options.flatMap((_, at) => (random() < 0.5 ? [String(at)] : []));
      case 'file':
      case 'user':
      case 'person':
      case 'people':
      case 'problem':
        return undefined;
      default:
        return unreachable(field);
    }
  }

  /** The form as it opens, sent with something in each field. */
  async function sent(
    { id, payload }: ActionCall,
    form: Form,
    turn: Turn,
  ): Promise<Reply | undefined> {
    const call = { id, payload };
    const view = renderForm(form, { call, origin: { place: 'direct' }, session: 'session-1' });
    const checked = checkView(view);
    if (!checked.ok) throw new Error(`Slack refuses its form: ${JSON.stringify(checked)}`);
    if (hasProblem(form)) return undefined;
    const typed = Object.entries(form.fields).flatMap(([name, field]) => {
      const answer = answerTo(field);
      return answer === undefined ? [] : [[name, answer] as const];
    });
    const given = readValues(form.fields, Object.fromEntries(typed));
    if (!given.ok) return undefined;
    return actions.findForm(id)?.submit(payload, given.values, { ...turn, shown: form.fields });
  }

  async function after(reply: PressReply, turn: Turn): Promise<Reply | undefined> {
    if (reply.kind !== 'open') return reply;
    const form = await reply.form;
    return 'refused' in form
      ? { kind: 'say', to: 'here', card: form.refused }
      : sent(reply.call, form, turn);
  }

  const press = async ({ id, payload }: ActionCall, turn: Turn): Promise<Reply | undefined> =>
    after(await present(actions.find(id)).press(payload, turn), turn);

  /** A card that they were sent, or what a word brings. */
  async function begin(
    turn: Turn,
  ): Promise<{ readonly by: string; readonly reply?: Reply | undefined }> {
    const { actor } = turn;
    const posted = engine.posted.filter(({ personId }) => personId === actor.id).slice(-NEWEST);
    if (posted.length > 0 && (random() < 0.5 || !actor.active)) {
      const { card } = pick(posted);
      return { by: `${card.view} ${card.payload}`, reply: { kind: 'show', card } };
    }
    if (!actor.active) return { by: 'nothing' };
    const typed = pick(TYPED);
    const [word, ...args] = typed.split(' ');
    const command = present(commands.find((each) => each.word === word));
    return { by: typed, reply: await after(await command.run(args, turn), turn) };
  }

  async function read(reader: Person): Promise<void> {
    const turn = turnOf(reader);
    const path: string[] = [reader.firstName];
    try {
      const begun = await begin(turn);
      path.push(begun.by);
      let card = await cardOf(begun.reply, reader);
      for (let step = 0; card && reader.active && step < STEPS; step += 1) {
        const buttons = buttonsOf(card);
        if (buttons.length === 0) return;
        const { label, does } = pick(buttons);
        path.push(`${label} (${does.id} ${does.payload})`);
        if (reader.id !== colleague.id) offered.push(does);
        card = await cardOf(await press(does, turn), reader);
      }
    } catch (error) {
      // Each press of theirs sees what was before the one before it.
      if (!(error instanceof StaleWrite)) tell(`${path.join(' > ')}: ${wordsOf(error)}`);
    }
  }

  async function intrude(): Promise<void> {
    if (offered.length === 0) return;
    const call = pick(offered.slice(-NEWEST));
    const [from, did]: [Date, string[]] = [now(), []];
    const turn = turnOf(colleague, async (tx) => {
      const page = { offset: 0, limit: NEWEST };
      for (const entry of await tx.auditLog.list(page, { personId: subject.id, from }))
        if (entry.actor.kind === 'person' && entry.actor.personId === colleague.id)
          if (entry.what !== 'refused') did.push(entry.what);
    });
    const what = `Zed, by what others were offered (${call.id} ${call.payload})`;
    try {
      const pressed = await present(actions.find(call.id)).press(call.payload, turn);
      const form = pressed.kind === 'open' ? JSON.stringify(await pressed.form) : '';
      const card = await cardOf(await after(pressed, turn), colleague);
      if (did.length > 0) tell(`${what}: did ${did.join()} about her`);
      for (const shown of [form, card ? textOf(card) : ''])
        if (/\bAnn\b|ann[.\w]*@x\.io/.test(shown)) tell(`${what}: ${shown}`);
    } catch (error) {
      if (!(error instanceof StaleWrite)) tell(`${what}: ${wordsOf(error)}`);
    }
  }

  return async (times) => {
    for (let left = times; left > 0; left -= 1) {
      const { id } = pick([subject, ...others, colleague]);
      await read(present(await stores.people.find(id)));
      await intrude();
    }
  };
}

const wordsOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
