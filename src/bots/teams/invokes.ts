/** Handles the requests that Teams wants answered at once: dialogs, type-aheads and the message extension. */
import { z } from 'zod';
import { inLocale, locale, t } from '../../core/translate.ts';
import { within } from '../../core/within.ts';
import { note } from '../view/card.ts';
import type { SessionUser } from '../view/form-sessions.ts';
import { inClientsLanguage } from '../view/pipeline/steps.ts';
import type { Shortcut } from '../view/platform.ts';
import { isOutside } from './activity.ts';
import type { AdaptiveCard } from './adaptive-card.ts';
import { messageIn } from './address.ts';
import {
  type DialogAnswer,
  DialogSurface,
  sayInDialog,
  showForm,
  showStillLoading,
} from './dialog.ts';
import { INVOKE_MS } from './limits.ts';
import { type LinkAnswer, linkAnswer, readLink } from './links.ts';
import { type Met, surfaceFor, type TeamsBotDeps } from './met.ts';
import { type Pressed, readPressed } from './read-form.ts';
import { REFRESH, renderInOne } from './render-card.ts';
import { readDataset } from './render-choices.ts';
import type { MessageSurface } from './surface.ts';

export interface InvokeAnswer {
  readonly status: 200 | 501;
  readonly body?: object;
}

const dialogValue = z.looseObject({ data: z.unknown().optional() });
const searchValue = z.looseObject({
  queryText: z.string().default(''),
  dataset: z.string(),
  /** The client shows 15 options, and asks for the next ones with the number of those that it has. */
  queryOptions: z.looseObject({ skip: z.int().min(0).catch(0) }).catch({ skip: 0 }),
});
/** Where the person uses the extension. On a message it has the author: a user with the Entra object id, or an app. */
const extensionValue = z.looseObject({
  commandContext: z.string().nullish(),
  messagePayload: z
    .looseObject({
      from: z.looseObject({ user: z.looseObject({ id: z.string() }).nullish() }).nullish(),
    })
    .nullish(),
});

function readShortcut(value: unknown): Shortcut {
  const { commandContext, messagePayload } = extensionValue.safeParse(value).data ?? {};
  if (commandContext !== 'message' && !messagePayload) return { kind: 'global' };
  const userId = messagePayload?.from?.user?.id;
  return { kind: 'author', userId };
}

const executeValue = z.looseObject({ action: z.looseObject({ verb: z.string() }) });

/** The body of the answer to `adaptiveCard/action`. */
type ActionAnswer =
  | {
      readonly statusCode: 200;
      readonly type: 'application/vnd.microsoft.card.adaptive';
      readonly value: AdaptiveCard;
    }
  | {
      readonly statusCode: 400;
      readonly type: 'application/vnd.microsoft.error';
      readonly value: { readonly code: string; readonly message: string };
    };

/** The message keeps the card that it has. */
const unavailable = (): ActionAnswer => ({
  statusCode: 400,
  type: 'application/vnd.microsoft.error',
  value: { code: 'BadRequest', message: t`This card can't be refreshed. Open a new one.` },
});

const tooLate = () =>
  sayInDialog(t`This is taking longer than Teams waits. I'll post the result in the conversation.`);

/** Runs the work that continues after the answer, and reports its failures. */
type Work = (where: string, task: () => Promise<void>) => void;

export class Invokes<Turn extends SessionUser> {
  readonly #deps: TeamsBotDeps<Turn>;
  readonly #work: Work;

  constructor(deps: TeamsBotDeps<Turn>, work: Work) {
    this.#deps = deps;
    this.#work = work;
  }

  /** Answers within `INVOKE_MS`. Until we know the person, texts are in their client's language. */
  answer(met: Met): Promise<InvokeAnswer> {
    return inClientsLanguage(met.inbound, () => this.#answer(met));
  }

  async #answer(met: Met): Promise<InvokeAnswer> {
    switch (met.activity.name ?? '') {
      case 'task/fetch':
      case 'task/submit':
      case 'composeExtension/submitAction':
        return ok(await this.#dialog(met));
      case 'composeExtension/fetchTask':
        return ok(await this.#extend(met));
      case 'composeExtension/queryLink':
        return ok(await this.#preview(met));
      case 'application/search':
        return ok(await this.#suggest(met));
      case 'adaptiveCard/action':
        return ok(await this.#refresh(met));
      default:
        return { status: 501 };
    }
  }

  async #dialog(met: Met): Promise<DialogAnswer> {
    const { activity, conversation } = met;
    const pressed = readPressed(dialogValue.safeParse(activity.value).data?.data);
    if (!pressed)
      return sayInDialog(t`This button no longer works. Open a new card and try there.`);
    const outside = isOutside(activity);
    const from = outside ? pressed.from : (activity.replyToId ?? pressed.from);
    const clicked = from && !outside ? messageIn(conversation, from) : undefined;
    const messages = surfaceFor(this.#deps, met, { clicked });
    return pressed.does.kind === 'submit'
      ? this.#submit(met, { ...pressed.does, call: pressed.call }, { messages, from })
      : this.#press(met, pressed, { messages, from });
  }

  async #press(
    met: Met,
    { call }: Pressed,
    { messages, from }: { readonly messages: MessageSurface; readonly from: string | undefined },
  ): Promise<DialogAnswer> {
    const { answer, answered } = this.#inTime(showStillLoading(t`One moment`, call, from));
    this.#work(`press ${call.id}`, async () => {
      const surface = new DialogSurface(messages, answer, { from });
      await this.#deps.bot.press(met.inbound, call, surface);
      answer(surface.rest);
    });
    return answered;
  }

  async #submit(
    met: Met,
    { call, session, raw }: Pick<Pressed, 'call'> & Extract<Pressed['does'], { kind: 'submit' }>,
    { messages, from }: { readonly messages: MessageSurface; readonly from: string | undefined },
  ): Promise<DialogAnswer> {
    const { answer, answered } = this.#inTime(tooLate());
    this.#work(`submit ${call.id}`, async () => {
      const submission = { call, session, raw };
      // In a chat without the bot everything goes in the dialog. Elsewhere the dialog closes, and the conversation shows it.
      const dialog = isOutside(met.activity)
        ? new DialogSurface(messages, answer, { from })
        : undefined;
      const outcome = await this.#deps.bot.submit(met.inbound, submission, dialog ?? messages);
      if (outcome.kind === 'closed') {
        if (!dialog) answer(undefined);
        await outcome.after();
        if (dialog) answer(dialog.rest);
        return;
      }
      if (outcome.kind === 'next') {
        const { form, session: next, call: asked } = outcome;
        if (!answer(showForm({ form, session: next, call: asked, from })))
          await inLocale(form.locale ?? locale(), () =>
            messages.here(
              note(
                form.title,
                t`Nothing changed: this needs another confirmation. Open the form again.`,
              ),
            ),
          );
        return;
      }
      const { form, errors } = outcome;
      if (!answer(showForm({ form, session, call, errors, kept: raw, from })))
        await inLocale(form.locale ?? locale(), () =>
          messages.here(
            note(
              form.title,
              t`Some answers were not accepted. Open the form again and correct them.`,
            ),
          ),
        );
    });
    return answered;
  }

  /** "Access…" on a message shows its author's access. Elsewhere a form asks for the person. */
  async #extend(met: Met): Promise<DialogAnswer> {
    const used = readShortcut(met.activity.value);
    const { answer, answered } = this.#inTime(tooLate());
    this.#work(`message extension`, async () => {
      const messages = surfaceFor(this.#deps, met);
      const surface = new DialogSurface(messages, answer, { forms: this.#deps.dialogs });
      await this.#deps.bot.shortcut(met.inbound, used, surface);
      answer(surface.rest);
    });
    return answered;
  }

  /** Someone put a link to our domain into a message. Teams keeps the answer for half an hour. */
  async #preview({ activity, inbound }: Met): Promise<LinkAnswer> {
    const { bot, dialogs } = this.#deps;
    const url = readLink(activity.value);
    const preview = url === undefined ? undefined : await bot.preview(inbound, url);
    return linkAnswer(preview, { dialogs });
  }

  /**
   * The card of a message for the person who opens it. The message itself isn't edited, so nothing asks again because of the
   * answer. What the client says of the card isn't read.
   */
  async #refresh({ activity, inbound, conversation }: Met): Promise<ActionAnswer> {
    const { bot, dialogs, invokeMs = INVOKE_MS } = this.#deps;
    const { verb } = executeValue.safeParse(activity.value).data?.action ?? {};
    if (verb !== REFRESH || !activity.replyToId) return unavailable();
    const at = messageIn(conversation, activity.replyToId);
    const shown = await within(invokeMs, bot.current(inbound, at));
    if (!shown) return unavailable();
    return {
      statusCode: 200,
      type: 'application/vnd.microsoft.card.adaptive',
      value: inLocale(shown.locale, () => renderInOne(shown.card, { dialogs })),
    };
  }

  /** The options of a type-ahead. */
  async #suggest({ activity, inbound }: Met): Promise<object> {
    const { data: asked } = searchValue.safeParse(activity.value);
    const of = asked && readDataset(asked.dataset);
    const found = of
      ? await this.#deps.bot.suggestions(inbound, of.session, {
          field: of.field,
          text: asked.queryText,
        })
      : [];
    return {
      type: 'application/vnd.microsoft.search.searchResponse',
      value: {
        results: found.slice(asked?.queryOptions.skip).map(({ label, position }) => ({
          title: label || ' ',
          value: String(position),
        })),
      },
    };
  }

  /** The first answer counts. `late` is the answer when Teams' time runs out. */
  #inTime(late: DialogAnswer) {
    let settle: (answer: DialogAnswer) => void = () => undefined;
    const answered = new Promise<DialogAnswer>((resolve) => {
      settle = resolve;
    });
    let open = true;
    /** Whether the answer still reaches the dialog. */
    const answer = (given: DialogAnswer): boolean => {
      if (!open) return false;
      open = false;
      clearTimeout(timer);
      settle(given);
      return true;
    };
    const timer = setTimeout(() => answer(late), this.#deps.invokeMs ?? INVOKE_MS);
    return { answer, answered };
  }
}

const ok = (body: object | undefined): InvokeAnswer => ({
  status: 200,
  body,
});
