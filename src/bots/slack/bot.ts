/**
 * Slack's events in. Every listener acknowledges first (Slack waits three seconds), says where the interaction
 * happened and how it is answered, and hands it to the bot.
 */
import type {
  App,
  BlockAction,
  GlobalShortcut,
  MessageShortcut,
  ViewSubmitAction,
  webApi,
} from '@slack/bolt';
import { unreachable } from '../../core/unreachable.ts';
import type { Bot } from '../view/bot.ts';
import { type Card, note } from '../view/card.ts';
import type { Word } from '../view/command.ts';
import type { FieldErrors, Form } from '../view/form.ts';
import type { SessionUser } from '../view/form-sessions.ts';
import type { Inbound, SubmissionOutcome } from '../view/platform.ts';
import type { EditBudget } from './edit-budget.ts';
import { directAddress, partsOf } from './messages.ts';
import { decodeMetadata, type ModalMetadata, type Origin } from './modal-metadata.ts';
import { profileOf } from './platform.ts';
import { readCommand } from './read-command.ts';
import { blockIdOf, fieldOf, readForm } from './read-form.ts';
import { actionIdOf } from './render-card.ts';
import {
  hasInput,
  type ModalFrame,
  RETRY_ACTION,
  renderForm,
  renderLoading,
  renderRefusal,
  renderSuggestions,
} from './render-form.ts';
import { surfaceInModal, surfaceOf } from './surface.ts';
import { api, slackSaid } from './web-api.ts';

export const COMMAND = '/latchkey';
/** Slack has shortcuts for everywhere and for a message, none for a person: a message stands for who wrote it. */
export const ACCESS_SHORTCUT = 'access';
export const AUTHOR_SHORTCUT = 'access-of-author';

export interface SlackBotParts {
  readonly client: webApi.WebClient;
  readonly budget: EditBudget;
  /** The workspace's id, and the bot's own user. */
  readonly self: () => Promise<{ readonly teamId: string; readonly userId: string }>;
  readonly onError: (error: unknown, where: string) => void;
  /** How long a form's outcome may take before its modal shows that it is loading. */
  readonly submitPatienceMs: number;
}

const formIsOver = note(
  'This form is over',
  'It is from an older version of Latchkey. Nothing was changed; open it again.',
);

/** Connects the bot to what Bolt receives. */
export function connectSlack<Turn extends SessionUser>(
  app: App,
  bot: Bot<Turn>,
  parts: SlackBotParts,
): void {
  const { client, budget } = parts;
  const directChannels = new DirectChannels(parts);

  const inbound = async (
    userId: string,
    key: string,
    place: Inbound['place'],
  ): Promise<Inbound> => {
    const { teamId } = await parts.self();
    return {
      user: { platform: 'slack', tenant: teamId, userId },
      key: `slack:${key}`,
      place,
      direct: directAddress(userId),
      profileOf: (asked) => profileOf(client, teamId, asked),
    };
  };

  app.command(COMMAND, async ({ ack, command }) => {
    await ack();
    const { user_id: userId, channel_id: channel, trigger_id: triggerId } = command;
    const place = await directChannels.placeOf(channel, userId);
    const origin: Origin = { channel, place, responseUrl: command.response_url };
    await bot.command(
      await inbound(userId, triggerId, place),
      readCommand(command.text),
      surfaceOf({ client, budget, userId, origin, triggerId }),
    );
  });

  app.shortcut<GlobalShortcut>(
    { type: 'shortcut', callback_id: ACCESS_SHORTCUT },
    async ({ ack, shortcut }) => {
      await ack();
      const { trigger_id: triggerId } = shortcut;
      const userId = shortcut.user.id;
      await bot.command(
        await inbound(userId, triggerId, 'direct'), // Used anywhere; the answer has no other place.
        ['access'],
        surfaceOf({ client, budget, userId, origin: { place: 'direct' }, triggerId }),
      );
    },
  );

  app.shortcut<MessageShortcut>(
    { type: 'message_action', callback_id: AUTHOR_SHORTCUT },
    async ({ ack, shortcut }) => {
      await ack();
      const { trigger_id: triggerId, message, channel, response_url: responseUrl } = shortcut;
      const userId = shortcut.user.id;
      const place = await directChannels.placeOf(channel.id, userId);
      const author: Word[] = message.user
        ? [{ kind: 'mention', userId: message.user, name: message.user }]
        : []; // An app wrote it: then nobody is meant.
      await bot.command(
        await inbound(userId, triggerId, place),
        ['access', ...author],
        surfaceOf({
          client,
          budget,
          userId,
          origin: { channel: channel.id, place, responseUrl },
          triggerId,
        }),
      );
    },
  );

  app.event('message', async ({ event, body }) => {
    // Edits, joins and what bots write have a subtype or a bot's id; Bolt leaves out what we wrote ourselves.
    if (event.channel_type !== 'im' || event.subtype !== undefined) return;
    if (event.bot_id !== undefined || !event.text) return;
    const { userId: self } = await parts.self();
    const origin: Origin = { channel: event.channel, place: 'direct' };
    await bot.command(
      await inbound(event.user, body.event_id, 'direct'),
      readCommand(event.text, self),
      surfaceOf({ client, budget, userId: event.user, origin }),
    );
  });

  app.action<BlockAction>({ type: 'block_actions' }, async ({ ack, action, body }) => {
    await ack();
    if (action.type !== 'button') return; // A choice made in a form is read when the form is sent.
    const { id: userId } = body.user;
    const { trigger_id: triggerId, view } = body;
    if (view) {
      const carried = decodeMetadata(view.private_metadata);
      const origin: Origin = carried?.origin ?? { place: 'direct' };
      const call =
        action.action_id === RETRY_ACTION
          ? { id: view.callback_id, payload: carried?.payload ?? '' }
          : { id: actionIdOf(action.action_id), payload: action.value ?? '' };
      await bot.press(
        await inbound(userId, triggerId, origin.place),
        call,
        surfaceInModal({ client, budget, userId, origin, triggerId }, view, call),
      );
      return;
    }
    const origin = await originOf(body, action.block_id, directChannels);
    await bot.press(
      await inbound(userId, triggerId, origin.place),
      { id: actionIdOf(action.action_id), payload: action.value ?? '' },
      surfaceOf({ client, budget, userId, origin, triggerId }),
    );
  });

  app.options<'block_suggestion'>({ type: 'block_suggestion' }, async ({ ack, options }) => {
    const carried = decodeMetadata(options.view?.private_metadata ?? '');
    const field = fieldOf(options.block_id);
    const found =
      carried && field !== undefined
        ? await bot.suggestions(
            await inbound(options.user.id, '', carried.origin.place), // Asking changes nothing: it has no key.
            carried.session,
            field,
            options.value,
          )
        : [];
    await ack({ options: renderSuggestions(found) });
  });

  app.view<ViewSubmitAction>({ type: 'view_submission' }, async ({ ack, view, body }) => {
    const carried = decodeMetadata(view.private_metadata);
    if (!carried) {
      const frame: ModalFrame = {
        call: { id: view.callback_id, payload: '' },
        origin: { place: 'direct' },
      };
      return ack({ response_action: 'update', view: renderRefusal(frame, formIsOver) });
    }
    const call = { id: view.callback_id, payload: carried.payload, opensForm: true };
    const frame: ModalFrame = { call, origin: carried.origin };
    const { id: userId } = body.user;
    const outcome = bot.submit(
      await inbound(userId, body.trigger_id, carried.origin.place),
      { call, session: carried.session, raw: readForm(view.state.values) },
      surfaceOf({ client, budget, userId, origin: carried.origin, triggerId: body.trigger_id }),
    );

    const inTime = await within(outcome, parts.submitPatienceMs);
    if (inTime) {
      await acknowledge(inTime, carried, frame, ack);
      if (inTime.kind === 'closed') await inTime.after();
      return;
    }
    await ack({ response_action: 'update', view: renderLoading(frame, view.title.text) });
    const late = await outcome;
    await showLate(client, view.id, late, carried, frame);
    if (late.kind === 'closed') await late.after();
  });
}

type ViewAck = (
  answer?:
    | { response_action: 'errors'; errors: Record<string, string> }
    | { response_action: 'update'; view: ReturnType<typeof renderForm> },
) => Promise<void>;

async function acknowledge(
  outcome: SubmissionOutcome,
  { session }: ModalMetadata,
  frame: ModalFrame,
  ack: ViewAck,
): Promise<void> {
  switch (outcome.kind) {
    case 'closed':
      return ack();
    case 'invalid': {
      const { errors, form } = outcome;
      const beside = errorsBeside(errors, form);
      return beside
        ? ack({ response_action: 'errors', errors: beside })
        : ack({ response_action: 'update', view: renderForm(form, session, frame, errors) });
    }
    default:
      return unreachable(outcome);
  }
}

/** Errors by input, or undefined when one belongs to a field that has none: Slack would refuse them all. */
function errorsBeside(errors: FieldErrors, form: Form): Record<string, string> | undefined {
  const found = Object.entries(errors).flatMap(([name, error]) =>
    error === undefined ? [] : [[name, error] as const],
  );
  const placed = found.every(
    ([name]) =>
      Object.hasOwn(form.fields, name) && form.fields[name] && hasInput(form.fields[name]),
  );
  return placed && found.length > 0
    ? Object.fromEntries(found.map(([name, error]) => [blockIdOf(name), error]))
    : undefined;
}

/** The modal shows that it is loading since the time to answer it ran out; now it shows how it ended. */
async function showLate(
  client: webApi.WebClient,
  viewId: string,
  outcome: SubmissionOutcome,
  { session }: ModalMetadata,
  frame: ModalFrame,
): Promise<void> {
  const done: Card = note('Done', 'You can close this window.');
  const view =
    outcome.kind === 'invalid'
      ? renderForm(outcome.form, session, frame, outcome.errors)
      : renderRefusal(frame, done);
  try {
    await api(client.views.update({ view_id: viewId, view }));
  } catch (error) {
    if (!slackSaid(error, 'not_found')) throw error; // They have closed it.
  }
}

async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

async function originOf(
  { channel, message, container, response_url, user }: BlockAction,
  blockId: string,
  directChannels: DirectChannels,
): Promise<Origin> {
  const place = await directChannels.placeOf(channel?.id, user.id);
  const ephemeral = container['is_ephemeral'] === true;
  const ts: unknown = container['message_ts'] ?? message?.ts; // An ephemeral message is not in the payload.
  const parts = partsOf(blockId);
  return {
    place,
    ...(channel && { channel: channel.id }),
    ...(response_url && { responseUrl: response_url }),
    ...(typeof ts === 'string' && {
      message: { ts, ...(parts && { parts }), ...(ephemeral && { ephemeral }) },
    }),
  };
}

/** Which conversation of two is the one with us: somebody may use the command in a talk with a colleague. */
class DirectChannels {
  readonly #parts: Pick<SlackBotParts, 'client' | 'onError'>;
  readonly #known = new Map<string, string>();

  constructor(parts: Pick<SlackBotParts, 'client' | 'onError'>) {
    this.#parts = parts;
  }

  async placeOf(channel: string | undefined, userId: string): Promise<Inbound['place']> {
    if (!channel?.startsWith('D')) return 'shared';
    try {
      const known = this.#known.get(userId) ?? (await this.#open(userId));
      return known === channel ? 'direct' : 'shared';
    } catch (error) {
      this.#parts.onError(error, 'slack direct conversation');
      return 'shared'; // An answer to a shared place works everywhere.
    }
  }

  async #open(userId: string): Promise<string | undefined> {
    const { channel } = await api(this.#parts.client.conversations.open({ users: userId }));
    if (channel?.id) this.#known.set(userId, channel.id);
    return channel?.id;
  }
}
