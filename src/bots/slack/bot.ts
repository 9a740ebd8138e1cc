/**
 * Receives Slack's events. Every listener acknowledges first (Slack waits three seconds). Then it passes to the bot where
 * the interaction happened and how to answer it.
 */
import type {
  App,
  BlockAction,
  GlobalShortcut,
  MessageShortcut,
  ViewSubmitAction,
} from '@slack/bolt';
import type { Bot } from '../view/bot.ts';
import type { SessionUser } from '../view/form-sessions.ts';
import { type Inbound, PlatformError, type Shortcut } from '../view/platform.ts';
import { readMention, readMessage } from './arrival.ts';
import { chatFile, readSlackFiles } from './files.ts';
import { publishHome } from './home.ts';
import {
  DirectChannels,
  decodeMetadata,
  inboundOf,
  type Origin,
  originOf,
  readCommand,
  readMentioned,
  type SlackBotDeps,
} from './interaction.ts';
import { MESSAGE_FILE_MS } from './limits.ts';
import { listenForLinks } from './links.ts';
import { ACCESS_SHORTCUT, AUTHOR_SHORTCUT, COMMAND } from './names.ts';
import { fieldOf } from './read-form.ts';
import { actionIdOf, checksChoice, menuChoice } from './render-card.ts';
import { RETRY_ACTION, renderSuggestions } from './render-form.ts';
import { handleSubmission } from './submission.ts';
import { surfaceInModal, surfaceOf } from './surface.ts';
import { api } from './web-api.ts';
import { listenForSteps } from './workflow-step.ts';

/** Connects the bot to Bolt's events. */
export function connectSlack<Turn extends SessionUser>(
  app: App,
  bot: Bot<Turn>,
  deps: SlackBotDeps,
): void {
  const channels = new DirectChannels(deps);
  listenForCommands(app, bot, { ...deps, channels });
  listenForShortcuts(app, bot, { ...deps, channels });
  listenForMessages(app, bot, deps);
  listenForMentions(app, bot, deps);
  listenForJoins(app, bot, deps);
  listenForHomes(app, bot, deps);
  listenForRemoval(app, deps);
  listenForLinks(app, bot, deps);
  listenForSteps(app, bot, deps);
  listenForButtons(app, bot, { ...deps, channels });
  listenInForms(app, bot, deps);
}

function listenForCommands<Turn extends SessionUser>(
  app: App,
  bot: Bot<Turn>,
  { channels, ...deps }: SlackBotDeps & { readonly channels: DirectChannels },
): void {
  app.command(COMMAND, async ({ ack, command, context }) => {
    await ack();
    const { user_id: userId, channel_id: channel, trigger_id: triggerId } = command;
    const place = await channels.placeOf(channel, userId);
    const origin: Origin = { channel, place, responseUrl: command.response_url };
    await bot.command(
      await inboundOf(
        deps,
        { userId, key: triggerId, context },
        { place, channel: { id: channel, name: command.channel_name } },
      ),
      readCommand(command.text),
      surfaceOf({ ...deps, userId, origin, triggerId }),
    );
  });
}

function listenForShortcuts<Turn extends SessionUser>(
  app: App,
  bot: Bot<Turn>,
  { channels, ...deps }: SlackBotDeps & { readonly channels: DirectChannels },
): void {
  const access = async (
    { user, trigger_id: triggerId }: GlobalShortcut | MessageShortcut,
    used: Shortcut,
    { origin, context }: { readonly origin: Origin; readonly context: object },
  ) =>
    bot.shortcut(
      await inboundOf(deps, { userId: user.id, key: triggerId, context }, { place: origin.place }),
      used,
      surfaceOf({ ...deps, userId: user.id, origin, triggerId }),
    );

  app.shortcut<GlobalShortcut>(
    { type: 'shortcut', callback_id: ACCESS_SHORTCUT },
    async ({ ack, shortcut, context }) => {
      await ack();
      // A global shortcut has no channel, so the answer goes to the direct conversation.
      await access(shortcut, { kind: 'global' }, { origin: { place: 'direct' }, context });
    },
  );

  app.shortcut<MessageShortcut>(
    { type: 'message_action', callback_id: AUTHOR_SHORTCUT },
    async ({ ack, shortcut, context }) => {
      await ack();
      const { message, channel, user, response_url: responseUrl } = shortcut;
      const place = await channels.placeOf(channel.id, user.id);
      // The messages of some apps have no user.
      const used: Shortcut = { kind: 'author', ...(message.user && { userId: message.user }) };
      const origin = { channel: channel.id, place, responseUrl };
      await access(shortcut, used, { origin, context });
    },
  );
}

function listenForMessages<Turn extends SessionUser>(
  app: App,
  bot: Bot<Turn>,
  deps: SlackBotDeps,
): void {
  app.event('message', async ({ event, body, context }) => {
    const message = readMessage(event);
    if (!message) return;
    const { userId: self } = await deps.self();
    const files = readSlackFiles(message.files).map((file) => ({
      kind: 'file' as const,
      ...chatFile(deps.client, file, MESSAGE_FILE_MS),
    }));
    const text = [...readCommand(message.text ?? '', self), ...files];
    if (text.length === 0 && !message.text) return;
    await bot.command(
      await inboundOf(
        deps,
        { userId: message.user, key: body.event_id, context },
        { place: 'direct', channel: { id: message.channel } },
      ),
      text,
      surfaceOf({
        ...deps,
        userId: message.user,
        origin: { channel: message.channel, place: 'direct' },
      }),
    );
  });
}

/** In a channel. Slack sends no such event for direct conversations. */
function listenForMentions<Turn extends SessionUser>(
  app: App,
  bot: Bot<Turn>,
  deps: SlackBotDeps,
): void {
  app.event('app_mention', async ({ event, body, context }) => {
    const mention = readMention(event);
    if (!mention) return;
    const { user: userId, channel, thread_ts: thread, text } = mention;
    const { userId: self } = await deps.self();
    await bot.command(
      await inboundOf(
        deps,
        { userId, key: body.event_id, context },
        { place: 'shared', channel: { id: channel } },
      ),
      readMentioned(text, self),
      surfaceOf({ ...deps, userId, origin: { channel, place: 'shared' }, mentionedIn: { thread } }),
    );
  });
}

function listenForJoins<Turn extends SessionUser>(
  app: App,
  bot: Bot<Turn>,
  deps: SlackBotDeps,
): void {
  app.event('team_join', async ({ event }) => {
    const { id } = event.user;
    const inbound = await inboundOf(deps, { userId: id, key: `joined:${id}` }, { place: 'direct' });
    await bot.joined({ ...inbound, unasked: true });
  });
}

function listenForHomes<Turn extends SessionUser>(
  app: App,
  bot: Bot<Turn>,
  deps: SlackBotDeps,
): void {
  app.event('app_home_opened', async ({ event, body, context }) => {
    const { user, tab } = event;
    if (tab !== 'home' && tab !== 'messages') return; // There is one more, about the app.
    const sent = { userId: user, key: body.event_id, context };
    // Opening a tab is no message: messages still go to where this person last wrote.
    const inbound: Inbound = {
      ...(await inboundOf(deps, sent, { place: 'direct' })),
      unasked: true,
    };
    if (tab === 'home') await bot.home(inbound, (card) => publishHome(deps.client, user, card));
    else
      await bot.opened(inbound, surfaceOf({ ...deps, userId: user, origin: { place: 'direct' } }));
  });
}

/**
 * Slack sends both when an admin uninstalls the app, and one when a token is revoked. It may send them again much later,
 * about a token of an earlier install. So one call with our token asks, and its answer counts as that of any other call.
 */
function listenForRemoval(app: App, { client }: SlackBotDeps): void {
  const ask = async () => {
    await api(client.auth.test()).catch((error: unknown) => {
      if (!(error instanceof PlatformError)) throw error;
    });
  };
  app.event('app_uninstalled', ask);
  app.event('tokens_revoked', async ({ event }) => {
    // Tokens of users are not ours.
    if ((event.tokens.bot ?? []).length > 0) await ask();
  });
}

function listenForButtons<Turn extends SessionUser>(
  app: App,
  bot: Bot<Turn>,
  { channels, ...deps }: SlackBotDeps & { readonly channels: DirectChannels },
): void {
  app.action<BlockAction>({ type: 'block_actions' }, async ({ ack, action, body, context }) => {
    await ack();
    const call =
      action.type === 'button'
        ? { id: actionIdOf(action.action_id), payload: action.value ?? '' }
        : (menuChoice(action) ?? checksChoice(action));
    if (!call) return;
    const { trigger_id: triggerId, view } = body;
    const userId = body.user.id;
    const sent = { userId, key: triggerId, context };
    if (!view) {
      const origin = await originOf(body, action.block_id, channels);
      const surface = surfaceOf({ ...deps, userId, origin, triggerId });
      const inbound = await inboundOf(deps, sent, { place: origin.place, channel: body.channel });
      return bot.press(inbound, call, surface);
    }
    if (view.type === 'home') {
      const surface = surfaceOf({ ...deps, userId, origin: inHome, triggerId });
      return bot.press(await inboundOf(deps, sent, { place: inHome.place }), call, surface);
    }
    const carried = decodeMetadata(view.private_metadata);
    const origin: Origin = carried?.origin ?? { place: 'direct' };
    const pressed =
      action.action_id === RETRY_ACTION
        ? { id: view.callback_id, payload: carried?.payload ?? '' }
        : call;
    const surface = surfaceInModal({ ...deps, userId, origin, triggerId }, view, pressed);
    return bot.press(await inboundOf(deps, sent, { place: origin.place }), pressed, surface);
  });
}

/** Answers go to the direct conversation. */
const inHome: Origin = { place: 'direct', home: true };

function listenInForms<Turn extends SessionUser>(
  app: App,
  bot: Bot<Turn>,
  deps: SlackBotDeps,
): void {
  app.options<'block_suggestion'>({ type: 'block_suggestion' }, async ({ ack, options }) => {
    const carried = decodeMetadata(options.view?.private_metadata ?? '');
    const field = fieldOf(options.block_id);
    if (!carried || field === undefined) return ack({ options: [] });
    const inbound = await inboundOf(
      deps,
      { userId: options.user.id, key: '' },
      { place: carried.origin.place },
    ); // No key: a search changes nothing.
    const found = await bot.suggestions(inbound, carried.session, { field, text: options.value });
    return ack({ options: renderSuggestions(found) });
  });

  app.view<ViewSubmitAction>({ type: 'view_submission' }, async ({ ack, body }) =>
    handleSubmission(body, ack, { ...deps, bot }),
  );
}
