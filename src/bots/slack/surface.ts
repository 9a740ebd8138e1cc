/** How one Slack interaction is answered. */
import type { webApi } from '@slack/bolt';
import type { Address } from '../../core/message.ts';
import { t } from '../../core/translate.ts';
import type { ActionCall } from '../view/action-call.ts';
import { sentToYou } from '../view/answers.ts';
import { type Block, type Card, note } from '../view/card.ts';
import type { Form } from '../view/form.ts';
import { type FormWindow, PlatformError, type Surface } from '../view/platform.ts';
import type { EditBudget } from './edit-budget.ts';
import { publishHome } from './home.ts';
import type { Origin } from './interaction.ts';
import { LONG_WAIT_MS, RESPONSE_URL_USES } from './limits.ts';
import { addressOf, type Posted, postCard, updateCard } from './messages.ts';
import { renderCard, type SlackMessage } from './render-card.ts';
import { type ModalFrame, renderForm, renderLoading, renderRefusal } from './render-form.ts';
import { api, respond, slackSaid, waitingOnce } from './web-api.ts';

export interface SurfaceDeps {
  readonly client: webApi.WebClient;
  readonly budget: EditBudget;
  readonly userId: string;
  readonly origin: Origin;
  /** Valid for three seconds and one use. Undefined for a written message. */
  readonly triggerId?: string;
  /** For a message in a channel that mentions us: the thread it was written in. */
  readonly mentionedIn?: { readonly thread: string | undefined };
}

export function surfaceOf(deps: SurfaceDeps): Surface {
  const { userId, origin } = deps;
  const clicked = clickedCard(origin);
  const privately = privateAnswers(deps);
  const toPerson = (card: Card) =>
    orPrivately(card, privately, async () => addressOf(await postCard(deps, userId, card)));

  return {
    clicked: clicked && addressOf(clicked),
    ...(origin.home && { home: (card: Card) => publishHome(deps.client, userId, card) }),
    toPerson,

    async here(card) {
      if (origin.place === 'direct') await toPerson(card);
      else await answerShared(privately, card, toPerson);
    },

    async replace(card) {
      if (!clicked) throw new TypeError('There is no message to replace');
      if (origin.message?.ephemeral !== true)
        return waitingOnce(() => updateCard(deps, clicked, card));
      if (!privately) throw new TypeError('There is no way to replace it');
      const [first, ...rest] = renderCard(card);
      await privately.replace(first);
      for (const message of rest) await privately.say(message);
    },

    async openForm(title, call) {
      const frame = { call, origin };
      try {
        return await openModal(deps, frame, { title, privately });
      } catch (error) {
        const isLimited = error instanceof PlatformError && error.code === 'rate-limited';
        const isOver = slackSaid(
          error,
          'expired_trigger_id',
          'exchanged_trigger_id',
          'trigger_exchanged',
        );
        if (!isLimited && !isOver) throw error; // After a wait, the trigger is over.
        return offerToOpen(deps, call, { title, privately });
      }
    },
  };
}

/** For a click inside a modal: that modal shows everything. */
export function surfaceInModal(
  deps: SurfaceDeps,
  view: { readonly id: string; readonly hash: string },
  pressed: Pick<ActionCall, 'id' | 'payload'>,
): Surface {
  const { client, origin } = deps;
  return {
    ...surfaceOf(deps),
    here: (card) => modalWindow(client, { call: pressed, origin }, view).refuse(card),
    async openForm(title, call) {
      const frame = { call, origin };
      const loading = { view_id: view.id, view: renderLoading(frame, title) };
      const { view: shown } = await waitingOnce(() => api(client.views.update(loading)));
      return modalWindow(client, frame, { id: view.id, hash: shown?.hash });
    },
  };
}

function clickedCard({ channel, message }: Origin): Posted | undefined {
  if (channel === undefined || !message) return undefined;
  return { channel, parts: message.parts?.split(',') ?? [message.ts] };
}

/** In a channel only the person who acted sees the answer. An answer that is too long goes to their direct conversation. */
async function answerShared(
  privately: PrivateAnswers | undefined,
  card: Card,
  toPerson: (card: Card) => Promise<Address | undefined>,
): Promise<void> {
  const messages = renderCard(card);
  if (!privately) return void (await toPerson(card));
  if (!privately.takes(messages.length)) {
    if (await toPerson(card)) await answerShared(privately, sentToYou(), toPerson);
    return;
  }
  try {
    for (const message of messages) await privately.say(message);
  } catch (error) {
    // The `response_url` has expired, after half an hour, or we may not write in that channel.
    if (!isClosed(error)) throw error;
    await toPerson(card);
  }
}

/** @returns undefined when Slack refused the message and the person got a private answer */
async function orPrivately<T>(
  card: Card,
  privately: PrivateAnswers | undefined,
  post: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await post();
  } catch (error) {
    if (!privately || !isClosed(error)) throw error;
    try {
      await privately.sayInstead(card);
    } catch {
      throw error; // Slack's first error is the cause.
    }
    return undefined;
  }
}

interface Offer {
  /** The form's. */
  readonly title: string;
  readonly privately: PrivateAnswers | undefined;
}

async function openModal(
  deps: SurfaceDeps,
  frame: ModalFrame & { readonly call: ActionCall },
  { title, privately }: Offer,
): Promise<FormWindow> {
  const { client, triggerId } = deps;
  if (triggerId === undefined) return offerToOpen(deps, frame.call, { title, privately });
  const { view } = await api(
    client.views.open({ trigger_id: triggerId, view: renderLoading(frame, title) }),
  );
  if (view?.id === undefined) throw new TypeError('views.open names no view');
  return modalWindow(client, frame, { id: view.id, hash: view.hash });
}

function modalWindow(
  client: webApi.WebClient,
  frame: ModalFrame,
  shown: { readonly id: string; readonly hash: string | undefined },
): FormWindow {
  const show = async (view: ReturnType<typeof renderForm>) => {
    try {
      const update = { view_id: shown.id, view, hash: shown.hash };
      await waitingOnce(() => api(client.views.update(update)), LONG_WAIT_MS);
    } catch (error) {
      // The person has closed it, or it already shows something newer.
      if (!slackSaid(error, 'not_found', 'hash_conflict', 'view_not_found')) throw error;
    }
  };
  const refuse = async (card: Card) => show(renderRefusal(frame, card));
  return {
    async fill(form, session) {
      try {
        await show(renderForm(form, { ...frame, session }));
      } catch (error) {
        // Otherwise the modal would show "Loading…" for ever. The error goes to the log. What Slack didn't judge, others say.
        const isRejected = !(error instanceof PlatformError) || error.code === 'refused';
        if (isRejected) await refuse(takesFiles(form) ? maybeNoFiles() : tooMuch());
        throw error;
      }
    },
    refuse,
  };
}

const tooMuch = () =>
  note(
    t`This form couldn't be shown`,
    t`Slack rejected it; it may have too many fields. Nothing changed; please tell your Latchkey admin.`,
  );

const takesFiles = ({ fields }: Form): boolean =>
  Object.values(fields).some(({ kind }) => kind === 'file');

/** Slack shows a file field only when the app has the scope to read files. */
const maybeNoFiles = () =>
  note(
    t`This form couldn't be shown`,
    t`Slack rejected it. It needs a file, and the Latchkey app may have no permission to read files. Nothing changed; ask your Latchkey admin to reinstall it with the permission files:read.`,
  );

/** Slack opens a modal only after a click. Without one, or when it is too old, we offer a button. */
async function offerToOpen(
  deps: SurfaceDeps,
  call: ActionCall,
  { title, privately }: Offer,
): Promise<FormWindow> {
  const offer: Card = {
    title,
    blocks: [
      {
        kind: 'text',
        text: [t`Slack only opens forms after a click. Press the button to open this one.`],
      },
      { kind: 'buttons', buttons: [{ label: t`Open the form`, tone: 'primary', does: call }] },
    ],
  };
  const posted = await orPrivately(offer, privately, () => postCard(deps, deps.userId, offer));
  if (posted && deps.origin.place === 'shared') await saySent(privately);
  return {
    fill: async () => {}, // The click loads the form's fields again.
    refuse: async (card) => (posted ? updateCard(deps, posted, card) : privately?.sayInstead(card)),
  };
}

/** Not every channel takes an answer. The person has the offer all the same. */
async function saySent(privately: PrivateAnswers | undefined): Promise<void> {
  try {
    for (const message of renderCard(sentToYou())) await privately?.say(message);
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error;
  }
}

/** Undefined where only the direct conversation is private. */
function privateAnswers({ client, userId, origin, mentionedIn }: SurfaceDeps) {
  const { responseUrl, channel } = origin;
  if (responseUrl !== undefined)
    return new PrivateAnswers(({ blocks, text }, replaces) =>
      waitingOnce(() =>
        respond(responseUrl, {
          blocks,
          text,
          ...(!replaces && { response_type: 'ephemeral' }),
          replace_original: replaces,
        }),
      ),
    );
  if (!mentionedIn || channel === undefined) return undefined;
  const { thread } = mentionedIn;
  return new PrivateAnswers(async (message) => {
    const { blocks, text } = message;
    const where = { channel, user: userId, thread_ts: thread };
    const ephemeral = { ...where, blocks, text, parse: 'none' as const, link_names: false };
    await waitingOnce(() => api(client.chat.postEphemeral(ephemeral)));
  });
}

/**
 * Answers that only the person who acted can see: through the `response_url` of the interaction, or in the channel where
 * they mentioned us. The first needs neither a scope nor a membership, so it works where the bot can't post; but Slack
 * takes only a few, for half an hour. Neither can be edited.
 */
class PrivateAnswers {
  readonly #answer: (message: SlackMessage, replaces: boolean) => Promise<void>;
  #left = RESPONSE_URL_USES;

  constructor(answer: (message: SlackMessage, replaces: boolean) => Promise<void>) {
    this.#answer = answer;
  }

  /** Whether a card of so many messages fits, with one more for a note after it. */
  takes(messages: number): boolean {
    return messages < this.#left;
  }

  /** @throws {PlatformError} `gone` when Slack takes no more, or we are not in that channel */
  say(message: SlackMessage): Promise<void> {
    return this.#respond(message, false);
  }

  /** Replaces the clicked message. @throws {PlatformError} as `say` */
  replace(message: SlackMessage): Promise<void> {
    return this.#respond(message, true);
  }

  /** Replaces a direct message that Slack refused. @throws {PlatformError} as `say` */
  async sayInstead(card: Card): Promise<void> {
    const messages = renderCard({ ...card, blocks: [...card.blocks, why()] });
    for (const message of this.takes(messages.length) ? messages : renderCard(tooLong(card)))
      await this.say(message);
  }

  #respond(message: SlackMessage, replaces: boolean): Promise<void> {
    this.#left -= 1;
    return this.#answer(message, replaces);
  }
}

/** reference/methods/chat.postMessage: errors about the conversation. Errors about the message would occur here too. */
const CLOSED = [
  'user_not_in_channel',
  'messages_tab_disabled',
  'restricted_action',
  'restricted_action_read_only_channel',
  'restricted_action_thread_only_channel',
  'channel_is_limited_access',
  'ekm_access_denied',
  'team_access_not_granted',
  'access_denied',
  'no_permission',
  'missing_scope',
  'invalid_auth',
  'account_inactive',
  'token_revoked',
  'token_expired',
];

/** Whether Slack refuses every message from us in that conversation. */
const isClosed = (error: unknown): boolean =>
  error instanceof PlatformError && (error.code === 'gone' || slackSaid(error, ...CLOSED));

const why = (): Block => ({
  kind: 'text',
  muted: true,
  text: [
    t`Only you can see this, and it won't update, because I can't message you directly. Open Latchkey under Apps, then try again there.`,
  ],
});

const tooLong = ({ title }: Card): Card =>
  note(
    title,
    t`This is too long to show here, and I can't message you directly. Open Latchkey under Apps, then try again there.`,
  );
