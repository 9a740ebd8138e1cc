/** Handles what people do in a conversation: they write, press buttons of cards, and answer inline forms. */
import type { Address } from '../../core/message.ts';
import type { Download } from '../../core/network/download.ts';
import { inLocale, t } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import { staleForm } from '../view/answers.ts';
import { note } from '../view/card.ts';
import { type ChatFile, fileTooLarge, readFileText } from '../view/file.ts';
import type { SessionUser } from '../view/form-sessions.ts';
import {
  type FileAttachment,
  isInstalled,
  joinedAccounts,
  readAttachments,
  readWords,
  resolveWords,
  type TeamsActivity,
  teamOf,
  userIdOf,
} from './activity.ts';
import { messageIn } from './address.ts';
import { FILE_MS } from './limits.ts';
import { type MessagesOfClick, type Met, surfaceFor, type TeamsBotDeps } from './met.ts';
import { type Pressed, readPressed } from './read-form.ts';
import { renderForm } from './render-form.ts';

const cancelled = () => note(t`Cancelled`, t`Nothing changed.`);
type PressedTo<Kind> = Pressed & { readonly does: Extract<Pressed['does'], { kind: Kind }> };
type Submitted = PressedTo<'submit'>;
type Searched = PressedTo<'search'>;
type Cancelled = Pick<Pressed, 'call'> & { readonly session: string };

/**
 * Whether it is stored before it is acknowledged. An answer to an inline form isn't: it may hold secrets, and its form
 * can be sent again.
 */
export function isKept(activity: TeamsActivity): boolean {
  if (activity.type !== 'message')
    return isInstalled(activity) || joinedAccounts(activity).length > 0;
  const does = readPressed(activity.value)?.does.kind;
  return does === undefined || does === 'press' || does === 'again';
}

export class ConversationTurns<Turn extends SessionUser> {
  readonly #deps: TeamsBotDeps<Turn>;
  /** For each form's message, the answer in progress. */
  readonly #answering = new Map<string, Promise<void>>();

  constructor(deps: TeamsBotDeps<Turn>) {
    this.#deps = deps;
  }

  /** Ignores activities that aren't for us. */
  async handle(met: Met): Promise<void> {
    const { activity, inbound } = met;
    // The bot stores the direct conversation of a person who writes, so only other activities need this.
    if (inbound.direct && activity.type !== 'message')
      await this.#deps.onConversation(inbound.user, inbound.direct);
    if (isInstalled(activity)) await this.#deps.bot.met(inbound, surfaceFor(this.#deps, met));
    await this.#joined(met);
    if (activity.type !== 'message') return;
    const pressed = readPressed(activity.value);
    return pressed ? this.#pressed(met, pressed) : this.#typed(met);
  }

  async #typed(met: Met): Promise<void> {
    const { activity, inbound, conversation } = met;
    const text = await resolveWords(readWords(activity), async (teamsId) => {
      const member = await this.#deps.platform.member(conversation, teamsId, teamOf(activity));
      return member?.objectId;
    });
    const files = readAttachments(activity).map((file) => ({
      kind: 'file' as const,
      ...chatFile(file, this.#deps.download),
    }));
    await this.#deps.bot.command(inbound, [...text, ...files], surfaceFor(this.#deps, met));
  }

  /** Reports each person once, however many teams they join. */
  async #joined({ activity, inbound, conversation }: Met): Promise<void> {
    const { bot, platform } = this.#deps;
    const { direct, ...rest } = inbound;
    for (const account of joinedAccounts(activity)) {
      const member = account.aadObjectId
        ? undefined
        : await platform.member(conversation, account.id, teamOf(activity));
      const user = { ...inbound.user, userId: member?.objectId ?? userIdOf(account) };
      const key = `teams:joined:${user.tenant}:${user.userId}`;
      await bot.joined({ ...rest, direct, user, key, unasked: true });
    }
  }

  async #pressed(met: Met, pressed: Pressed): Promise<void> {
    const { bot } = this.#deps;
    const { inbound, conversation, activity } = met;
    const message = activity.replyToId ? messageIn(conversation, activity.replyToId) : undefined;
    const clicked = pressed.from === undefined ? undefined : messageIn(conversation, pressed.from);
    const { call, does } = pressed;
    // Inline forms exist only in direct conversations. A message that is named elsewhere is not one.
    const form = inbound.place === 'direct' ? message : undefined;
    const surface = (about: MessagesOfClick) => surfaceFor(this.#deps, met, about);
    switch (does.kind) {
      case 'press':
        return bot.press(inbound, call, surface({ clicked: message }));
      case 'again':
        return bot.press(inbound, call, surface({ clicked, form }));
      case 'cancel':
        return this.#inTurn(form, () =>
          bot.speaking(inbound, () => this.#cancel(met, { call, session: does.session }, form)),
        );
      case 'search':
        return form && this.#search(met, { ...pressed, does }, form);
      case 'submit':
        return this.#inTurn(form, () => this.#submit(met, { ...pressed, does }, { clicked, form }));
      default:
        return unreachable(does);
    }
  }

  /** Handles the answers to one form in order, so the second of two clicks sees the result of the first. */
  async #inTurn(form: Address | undefined, task: () => Promise<void>): Promise<void> {
    const key = form?.key ?? '';
    const turn = (this.#answering.get(key) ?? Promise.resolve()).then(task);
    const settled = turn.catch(() => undefined);
    this.#answering.set(key, settled);
    try {
      await turn;
    } finally {
      if (this.#answering.get(key) === settled) this.#answering.delete(key);
    }
  }

  async #submit(met: Met, { call, from, does }: Submitted, about: MessagesOfClick) {
    const { bot, platform } = this.#deps;
    const { session, raw } = does;
    // A form that was already answered shows its outcome. We must not overwrite it.
    const open = await bot.shown(met.inbound, session, call);
    const surface = surfaceFor(this.#deps, met, open ? about : { clicked: about.clicked });
    const outcome = await bot.submit(met.inbound, { call, session, raw }, surface);
    if (outcome.kind === 'closed') {
      await outcome.after();
      return inLocale(outcome.locale, () => surface.settle());
    }
    if (!about.form) return;
    if (outcome.kind === 'next') {
      const { form: next, ...shown } = outcome;
      return platform.update(
        about.form,
        renderForm({
          form: next,
          session: shown.session,
          call: shown.call,
          mode: 'inline',
          from,
        }),
        next.title,
      );
    }
    const { form, errors } = outcome;
    await platform.update(
      about.form,
      renderForm({ form, session, call, mode: 'inline', errors, kept: raw, from }),
      form.title,
    );
  }

  /** A client may name any message as the form. We overwrite only an open form of this person. */
  async #cancel(met: Met, { call, session }: Cancelled, form: Address | undefined) {
    const { bot, platform } = this.#deps;
    const over = await bot.cancel(met.inbound, session, call);
    if (over && form) await platform.edit(form, cancelled());
    else await surfaceFor(this.#deps, met).here(over ? cancelled() : staleForm());
  }

  /** Shows the form again, with the results for the words in its search boxes. */
  async #search(met: Met, { call, from, does }: Searched, message: Address) {
    const { bot, platform } = this.#deps;
    const { session, raw, field, typed } = does;
    const form = await bot.shown(met.inbound, session, call);
    if (!form)
      return bot.speaking(met.inbound, () => surfaceFor(this.#deps, met).here(staleForm()));
    const asked = Object.entries(typed).filter(([name, text]) => name === field || text !== '');
    const found = Object.fromEntries(
      await Promise.all(
        asked.map(async ([name, text]) => {
          const options = await bot.suggestions(met.inbound, session, { field: name, text });
          return [name, { typed: text, options }] as const;
        }),
      ),
    );
    return platform.update(
      message,
      renderForm({ form, session, call, mode: 'inline', kept: raw, found, from }),
      form.title,
    );
  }
}

/**
 * @param download checks where the address leads. The address comes in an activity, and with the local client any program
 * on this machine can send one.
 */
const chatFile = ({ name, url }: FileAttachment, download: Download): ChatFile => ({
  name,
  async text(maxBytes) {
    if (!url.startsWith('https://')) return notHandedOver(name);
    const file = await download(url, { maxBytes, timeoutMs: FILE_MS });
    switch (file.kind) {
      case 'bytes':
        return readFileText(name, file.bytes);
      case 'too-large':
        return fileTooLarge(name, maxBytes);
      case 'failed':
        return notHandedOver(name);
      default:
        return unreachable(file);
    }
  },
});

const notHandedOver = (name: string) => ({
  refused: t`Teams didn't share "${name}". Send it again; if that fails, tell your Latchkey admin.`,
});
