/** Answers an interaction in a conversation, with messages and with inline forms. */
import type { Address } from '../../core/message.ts';
import { t } from '../../core/translate.ts';
import type { ActionCall } from '../view/action-call.ts';
import { type Card, note } from '../view/card.ts';
import { type FormWindow, PlatformError, type Surface } from '../view/platform.ts';
import { conversationOf, placeOf } from './address.ts';
import { ConversationClosed } from './connector/refusal.ts';
import type { TeamsPlatform } from './platform.ts';
import { renderForm } from './render-form.ts';

export interface SurfaceDeps {
  readonly platform: TeamsPlatform;
  readonly dialogs: boolean;
  readonly place: 'direct' | 'shared';
  /** The user's, where Teams says it. */
  readonly name?: string;
  /** The bot isn't in this conversation, so answers go to the person. */
  readonly outside?: boolean;
  readonly conversation: Address;
  /** The user's direct conversation, stored or newly opened. @throws {PlatformError} `unreachable` when there is none. */
  readonly direct: () => Promise<Address>;
  /** The clicked message. For a form, the message whose button opened it. */
  readonly clicked?: Address;
  /** The answered inline form. The first answer replaces it. */
  readonly form?: Address;
}

/** @param name who that is, where others read it, too */
export const openDirectChat = (name?: string) =>
  note(
    name === undefined
      ? t`Open a direct chat with me first`
      : t`${name}, open a direct chat with me first`,
    t`I couldn't message you directly. Find Latchkey under Apps in Teams, open it there, then try again.`,
  );

/** Whether someone's direct conversation takes no messages until they open it again. */
export const isClosed = (error: unknown): boolean =>
  error instanceof ConversationClosed || (error instanceof PlatformError && error.code === 'gone');

const formSent = (name: string | undefined) =>
  name === undefined
    ? note(t`I've sent it to you`, t`The form is in your direct messages with me.`)
    : note(t`I've sent it to ${name}`, t`The form is in their direct messages with me.`);

/** Not that something was done: an answer may change nothing. */
const taken = () => note(t`Form sent`, t`The card that opened this form is up to date.`);
const seeAbove = () => note(t`Form sent`, t`The card above shows the result of your answer.`);

export class MessageSurface implements Surface {
  readonly clicked?: Address;
  readonly amongOthers?: string;
  readonly #deps: SurfaceDeps;
  /** The inline form, until something replaces it. */
  #standing: Address | undefined;
  #replaced = false;
  /** After "open a direct chat first" we show nothing else here, since that says the cause and the fix. */
  #unreached = false;

  constructor(deps: SurfaceDeps) {
    this.#deps = deps;
    this.#standing = deps.form;
    const clicked = deps.clicked ?? deps.form;
    if (clicked) this.clicked = clicked;
    if (deps.name && deps.place === 'shared' && !deps.outside) this.amongOthers = deps.name;
  }

  toPerson(card: Card): Promise<Address> {
    return this.#toDirect((direct) => this.#say(direct, card));
  }

  async here(card: Card): Promise<void> {
    const { outside, conversation } = this.#deps;
    if (this.#unreached) return;
    if (outside) await this.toPerson(card);
    else await this.#say(conversation, card);
  }

  async replace(card: Card): Promise<void> {
    if (!this.clicked) throw new TypeError('There is no card to replace');
    if (this.clicked.key === this.#standing?.key) this.#standing = undefined;
    await this.#deps.platform.edit(this.clicked, card);
    this.#replaced = true;
  }

  async openForm(title: string, call: ActionCall): Promise<FormWindow> {
    return this.#deps.dialogs ? this.#offerDialog(title, call) : this.#openInline(title, call);
  }

  /** Runs after all answers. A form that nothing replaced then says that it was answered. */
  async settle(): Promise<void> {
    const standing = this.#standing;
    this.#standing = undefined;
    if (standing) await this.#deps.platform.edit(standing, this.#replaced ? seeAbove() : taken());
  }

  async #say(conversation: Address, card: Card): Promise<Address> {
    const standing = this.#standing;
    if (!standing || conversationOf(standing).key !== conversationOf(conversation).key)
      return this.#deps.platform.send(conversation, card);
    this.#standing = undefined;
    await this.#deps.platform.edit(standing, card);
    return standing;
  }

  /** Where someone writes to us directly, nothing else would reach them. */
  async #toDirect(send: (direct: Address) => Promise<Address>): Promise<Address> {
    const { direct, place, outside } = this.#deps;
    try {
      return await send(await direct());
    } catch (error) {
      if (!isClosed(error) || place === 'direct') throw error;
      if (!outside) await this.here(openDirectChat(this.amongOthers));
      this.#unreached = true;
      throw error;
    }
  }

  /** In Teams a message can't open a dialog, but a button can. */
  async #offerDialog(title: string, call: ActionCall): Promise<FormWindow> {
    const { platform, conversation } = this.#deps;
    const offer = await platform.send(conversation, {
      title,
      blocks: [
        { kind: 'buttons', buttons: [{ label: t`Open the form`, tone: 'primary', does: call }] },
      ],
    });
    return {
      // The button loads the form again.
      fill: async () => undefined,
      refuse: (card) => platform.edit(offer, card),
    };
  }

  /** A form may show personal data, so it opens only in the direct conversation. */
  async #openInline(title: string, call: ActionCall): Promise<FormWindow> {
    const { platform, place, outside } = this.#deps;
    const form = await this.toPerson(note(title, [{ kind: 'strong', text: t`Loading…` }]));
    if (place === 'shared' && !outside) await this.here(formSent(this.amongOthers));
    const from = this.#origin(conversationOf(form));
    return {
      fill: (filled, session) =>
        platform.update(
          form,
          renderForm({ form: filled, session, call, mode: 'inline', from }),
          filled.title,
        ),
      refuse: (card) => platform.edit(form, card),
    };
  }

  /** The clicked message's id, when the form is in the same conversation. */
  #origin(direct: Address): string | undefined {
    const { clicked } = this.#deps;
    return clicked && conversationOf(clicked).key === conversationOf(direct).key
      ? placeOf(clicked).message
      : undefined;
  }
}
