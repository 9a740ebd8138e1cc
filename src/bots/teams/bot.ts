/** What comes in from Teams, brought to the `Bot`; answers go out through surfaces. */
import type { TurnContext } from 'botbuilder';
import { z } from 'zod';
import type { Address } from '../../core/message.ts';
import { unreachable } from '../../core/unreachable.ts';
import type { Bot } from '../view/bot.ts';
import { note } from '../view/card.ts';
import type { RawValues } from '../view/form.ts';
import type { SessionUser } from '../view/form-sessions.ts';
import type { ChatUser, Inbound, Submission } from '../view/platform.ts';
import {
  conversationAddress,
  isDirect,
  readActivity,
  readWords,
  resolveWords,
  type TeamsActivity,
  teamOf,
  tenantOf,
} from './activity.ts';
import { messageIn } from './address.ts';
import {
  type DialogAnswer,
  DialogSurface,
  nothingMore,
  say,
  showForm,
  showStillLoading,
} from './dialog.ts';
import { INVOKE_MS } from './limits.ts';
import type { TeamsPlatform } from './platform.ts';
import { type Pressed, readPressed } from './read-form.ts';
import { readDataset, renderForm } from './render-form.ts';
import { MessageSurface } from './surface.ts';

export interface TeamsBotParts<Turn extends SessionUser> {
  readonly bot: Bot<Turn>;
  readonly platform: TeamsPlatform;
  /** Whether the client shows dialogs; without, forms stand in the conversation. */
  readonly dialogs: boolean;
  /** A direct conversation that was met before (`onConversation`). */
  readonly directAddressOf: (user: ChatUser) => Promise<Address | undefined>;
  /** Called with a user's direct conversation whenever one is met, before anything else. */
  readonly onConversation: (user: ChatUser, direct: Address) => Promise<void>;
  readonly onError: (error: unknown, where: string) => void;
  /** Milliseconds that a dialog may take to answer. */
  readonly invokeMs?: number;
}

interface Met {
  readonly activity: TeamsActivity;
  readonly inbound: Inbound;
  readonly conversation: Address;
}

const cancelled = note('Cancelled', 'Nothing was changed.');
const formOver = note(
  'This form is over',
  'It was answered already, or it has been open for more than an hour. Nothing was changed; open it again.',
);

export class TeamsBot<Turn extends SessionUser> {
  readonly #parts: TeamsBotParts<Turn>;
  readonly #working = new Set<Promise<void>>();
  /** By the form's message. */
  readonly #answering = new Map<string, Promise<void>>();

  constructor(parts: TeamsBotParts<Turn>) {
    this.#parts = parts;
  }

  /**
   * One turn. A message is acknowledged at once and handled after, since Teams sends again what isn't acknowledged
   * within seconds; an invoke is answered in the turn. Never throws.
   */
  async turn(context: TurnContext): Promise<void> {
    const activity = readActivity(context.activity);
    if (!activity) return;
    const met = this.#meet(activity);
    if (activity.type === 'invoke') {
      const body = await this.#invoke(met);
      const value = body === unknownInvoke ? { status: 501 } : { status: 200, body };
      await context.sendActivity({ type: 'invokeResponse', value });
      return;
    }
    this.#work(`${activity.type} activity`, () => this.#handle(met));
  }

  /** Settles when everything that came in so far has been answered. */
  async idle(): Promise<void> {
    while (this.#working.size > 0) await Promise.allSettled(this.#working);
  }

  #work(where: string, task: () => Promise<void>): void {
    const work = task()
      .catch((error: unknown) => this.#parts.onError(error, where))
      .finally(() => this.#working.delete(work));
    this.#working.add(work);
  }

  #meet(activity: TeamsActivity): Met {
    const { platform } = this.#parts;
    const conversation = conversationAddress(activity);
    const user: ChatUser = {
      platform: 'teams',
      tenant: tenantOf(activity),
      userId: activity.from.aadObjectId ?? activity.from.id,
    };
    const inbound: Inbound = {
      user,
      key: `teams:${activity.conversation.id}:${keyOf(activity)}`,
      place: isDirect(activity) ? 'direct' : 'shared',
      ...(isDirect(activity) && { direct: conversation }),
      profileOf: (userId) => platform.member(conversation, userId, teamOf(activity)),
    };
    return { activity, inbound, conversation };
  }

  async #handle(met: Met): Promise<void> {
    const { activity, inbound } = met;
    if (inbound.direct) await this.#parts.onConversation(inbound.user, inbound.direct);
    if (isInstalled(activity)) return this.#parts.bot.command(inbound, [], this.#surface(met));
    if (activity.type !== 'message') return;
    const pressed = readPressed(activity.value);
    return pressed ? this.#pressed(met, pressed) : this.#typed(met);
  }

  async #typed(met: Met): Promise<void> {
    const { activity, inbound, conversation } = met;
    const text = await resolveWords(readWords(activity), async (teamsId) => {
      const member = await this.#parts.platform.member(conversation, teamsId, teamOf(activity));
      return member?.objectId;
    });
    await this.#parts.bot.command(inbound, text, this.#surface(met));
  }

  /** A button of a card in the conversation, an inline form's included. */
  async #pressed(met: Met, pressed: Pressed): Promise<void> {
    const { bot, platform } = this.#parts;
    const { inbound, conversation, activity } = met;
    const message = activity.replyToId ? messageIn(conversation, activity.replyToId) : undefined;
    const from = pressed.from === undefined ? undefined : messageIn(conversation, pressed.from);
    const { call, does } = pressed;
    switch (does.kind) {
      case 'press':
        return bot.press(inbound, call, this.#surface(met, { clicked: message }));
      case 'again':
        return bot.press(inbound, call, this.#surface(met, { clicked: from, form: message }));
      case 'cancel':
        return message && platform.edit(message, cancelled);
      case 'search':
        return message && this.#search(met, pressed, does, message);
      case 'submit':
        return this.#inTurn(message, () =>
          this.#submitInline(met, pressed, does, { clicked: from, form: message }),
        );
      default:
        return unreachable(does);
    }
  }

  /** One answer to a form after another: of two clicks the second meets what came of the first. */
  async #inTurn(message: Address | undefined, task: () => Promise<void>): Promise<void> {
    const key = message?.key ?? '';
    const turn = (this.#answering.get(key) ?? Promise.resolve()).then(task);
    const settled = turn.catch(() => undefined);
    this.#answering.set(key, settled);
    try {
      await turn;
    } finally {
      if (this.#answering.get(key) === settled) this.#answering.delete(key);
    }
  }

  async #submitInline(
    met: Met,
    { call, from }: Pressed,
    { session, raw }: Extract<Pressed['does'], { kind: 'submit' }>,
    messages: { clicked: Address | undefined; form: Address | undefined },
  ): Promise<void> {
    const { bot, platform } = this.#parts;
    // A form that was answered already stands as what came of it: that is not to be written over.
    const open = await bot.shown(met.inbound, session);
    const surface = this.#surface(met, open ? messages : { clicked: messages.clicked });
    const outcome = await bot.submit(met.inbound, submission(call, session, raw), surface);
    if (outcome.kind === 'closed') {
      await outcome.after();
      return surface.settle();
    }
    if (!messages.form) return;
    const { form, errors } = outcome;
    await platform.update(
      messages.form,
      renderForm({ form, session, call, mode: 'inline', errors, kept: raw, ...(from && { from }) }),
      form.title,
    );
  }

  /** The form once more, with what was found for the words in its search boxes. */
  async #search(
    met: Met,
    { call, from }: Pressed,
    { session, raw, field, typed }: Extract<Pressed['does'], { kind: 'search' }>,
    message: Address,
  ): Promise<void> {
    const { bot, platform } = this.#parts;
    const form = await bot.shown(met.inbound, session);
    if (!form) return platform.edit(message, formOver);
    const searched = Object.entries(typed).filter(([name, text]) => name === field || text !== '');
    const found = Object.fromEntries(
      await Promise.all(
        searched.map(async ([name, text]) => {
          const options = await bot.suggestions(met.inbound, session, name, text);
          return [name, { typed: text, options }] as const;
        }),
      ),
    );
    await platform.update(
      message,
      renderForm({ form, session, call, mode: 'inline', kept: raw, found, ...(from && { from }) }),
      form.title,
    );
  }

  async #invoke(met: Met): Promise<unknown> {
    const { activity, inbound } = met;
    if (inbound.direct) await this.#parts.onConversation(inbound.user, inbound.direct);
    switch (activity.name ?? '') {
      case 'task/fetch':
      case 'task/submit':
        return this.#dialog(met);
      case 'application/search':
        return this.#suggest(met);
      default:
        return unknownInvoke;
    }
  }

  async #dialog(met: Met): Promise<DialogAnswer> {
    const { activity, conversation } = met;
    const pressed = readPressed(dialogValue.safeParse(activity.value).data?.data);
    if (!pressed) return say('This button no longer works. Ask for a new card and try there.');
    const clicked = activity.replyToId ?? pressed.from;
    const messages = this.#surface(met, {
      clicked: clicked ? messageIn(conversation, clicked) : undefined,
    });
    return pressed.does.kind === 'submit'
      ? this.#submitDialog(met, pressed, pressed.does, messages, clicked)
      : this.#pressDialog(met, pressed, messages, clicked);
  }

  async #pressDialog(
    met: Met,
    { call }: Pressed,
    messages: MessageSurface,
    from: string | undefined,
  ): Promise<DialogAnswer> {
    const { answer, answered } = this.#inTime(showStillLoading('One moment', call, from));
    const surface = new DialogSurface(messages, from, answer);
    this.#work(`press ${call.id}`, async () => {
      await this.#parts.bot.press(met.inbound, call, surface);
      answer(nothingMore());
    });
    return answered;
  }

  async #submitDialog(
    met: Met,
    { call }: Pressed,
    { session, raw }: Extract<Pressed['does'], { kind: 'submit' }>,
    messages: MessageSurface,
    from: string | undefined,
  ): Promise<DialogAnswer> {
    const { answer, answered } = this.#inTime(
      say('This takes longer than Teams waits. What came of it will be shown in the conversation.'),
    );
    this.#work(`submit ${call.id}`, async () => {
      const outcome = await this.#parts.bot.submit(
        met.inbound,
        submission(call, session, raw),
        messages,
      );
      if (outcome.kind === 'closed') {
        answer(undefined);
        return outcome.after();
      }
      const { form, errors } = outcome;
      if (!answer(showForm({ form, session, call, errors, kept: raw, ...(from && { from }) })))
        await messages.here(
          note(form.title, 'Some answers were not accepted. Open the form again and correct them.'),
        );
    });
    return answered;
  }

  /** A type-ahead's choices. */
  async #suggest({ activity, inbound }: Met): Promise<object> {
    const asked = searchValue.safeParse(activity.value);
    const from = asked.success ? readDataset(asked.data.dataset) : undefined;
    const found =
      asked.success && from
        ? await this.#parts.bot.suggestions(inbound, from.session, from.field, asked.data.queryText)
        : [];
    return {
      type: 'application/vnd.microsoft.search.searchResponse',
      value: {
        results: found.map(({ label, position }) => ({
          title: label || ' ',
          value: String(position),
        })),
      },
    };
  }

  /** The first answer counts; `late` is given when there is none within Teams' time. */
  #inTime(late: DialogAnswer) {
    let settle: (answer: DialogAnswer) => void = () => undefined;
    let open = true;
    const answered = new Promise<DialogAnswer>((resolve) => {
      settle = resolve;
    });
    const answer = (given: DialogAnswer): boolean => {
      const counts = open;
      open = false;
      if (counts) {
        clearTimeout(timer);
        settle(given);
      }
      return counts;
    };
    const timer = setTimeout(() => answer(late), this.#parts.invokeMs ?? INVOKE_MS);
    return { answer, answered };
  }

  #surface(
    { activity, inbound, conversation }: Met,
    messages: { clicked?: Address | undefined; form?: Address | undefined } = {},
  ): MessageSurface {
    const { platform, dialogs, directAddressOf } = this.#parts;
    const { clicked, form } = messages;
    return new MessageSurface({
      platform,
      dialogs,
      place: inbound.place,
      conversation,
      direct: async () =>
        inbound.direct ??
        (await directAddressOf(inbound.user)) ??
        platform.openDirect(conversation, activity.from.id),
      ...(clicked && { clicked }),
      ...(form && { form }),
    });
  }
}

const submission = (call: Pressed['call'], session: string, raw: RawValues): Submission => ({
  call: { ...call, opensForm: true },
  session,
  raw,
});

const unknownInvoke = Symbol('unknown invoke');
const dialogValue = z.looseObject({ data: z.unknown().optional() });
const searchValue = z.looseObject({ queryText: z.string().default(''), dataset: z.string() });

/** An install in real Teams tells of itself twice; both have one key, so it is greeted once. */
const keyOf = (activity: TeamsActivity): string =>
  isInstalled(activity) ? 'installed' : (activity.id ?? '');

const isInstalled = ({ type, action, membersAdded, recipient }: TeamsActivity): boolean =>
  (type === 'installationUpdate' && action === 'add') ||
  (type === 'conversationUpdate' && (membersAdded ?? []).some(({ id }) => id === recipient.id));
