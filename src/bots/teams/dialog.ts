/** Answers a click that opens a dialog. Teams wants the answer within five seconds, ready or not. */
import type { Address } from '../../core/message.ts';
import { shorten } from '../../core/shorten.ts';
import { t } from '../../core/translate.ts';
import type { ActionCall } from '../view/action-call.ts';
import { sentToYou } from '../view/answers.ts';
import { type Card, note } from '../view/card.ts';
import type { FormWindow, Surface } from '../view/platform.ts';
import { type AdaptiveCard, adaptiveCard, paragraph } from './adaptive-card.ts';
import type { FormView } from './form-view.ts';
import { DIALOG_TITLE_UNITS } from './limits.ts';
import { BELOW_LINK } from './read-form.ts';
import { renderInOne } from './render-card.ts';
import { renderForm } from './render-form.ts';
import { isClosed, openDirectChat } from './surface.ts';

/** The body of the answer to `task/fetch` and `task/submit`. Undefined closes the dialog. */
export type DialogAnswer =
  | {
      readonly task: {
        readonly type: 'continue';
        readonly value: {
          readonly title: string;
          readonly width: 'medium';
          readonly height: 'large' | 'medium' | 'small';
          readonly card: { readonly contentType: string; readonly content: AdaptiveCard };
        };
      };
    }
  | { readonly task: { readonly type: 'message'; readonly value: string } }
  | undefined;

const show = (title: string, content: AdaptiveCard, height: 'medium' | 'small'): DialogAnswer => ({
  task: {
    type: 'continue',
    value: {
      title: shorten(title, DIALOG_TITLE_UNITS),
      width: 'medium',
      height,
      card: { contentType: 'application/vnd.microsoft.card.adaptive', content },
    },
  },
});

export const showForm = (view: Omit<FormView, 'mode'>): DialogAnswer =>
  show(view.form.title, renderForm({ ...view, mode: 'dialog' }), 'medium');

/** @param from as in `DialogOptions` */
const showCard = (card: Card, from: string | undefined): DialogAnswer =>
  show(card.title, renderInOne(card, { dialogs: false, belowLink: from === BELOW_LINK }), 'small');

export const sayInDialog = (value: string): DialogAnswer => ({ task: { type: 'message', value } });

/** For a form that isn't ready in time. It shows the same button again. */
export const showStillLoading = (
  title: string,
  call: Pick<ActionCall, 'id' | 'payload'>,
  from: string | undefined,
): DialogAnswer =>
  show(
    title,
    adaptiveCard([
      ...paragraph([t`This is taking longer than Teams waits. Press Try again in a few seconds.`]),
      {
        type: 'ActionSet',
        actions: [
          {
            type: 'Action.Submit',
            title: t`Try again`,
            data: {
              $action: call.id,
              $payload: call.payload,
              $do: 'again',
              ...(from !== undefined && { $from: from }),
            },
          },
        ],
      },
    ]),
    'small',
  );

const done = () => note(t`Done`, t`You don't need to do anything else here.`);

interface DialogOptions {
  /** The message with the button that opened the dialog. */
  readonly from?: string | undefined;
  /** Whether the dialog shows forms; clients without dialogs show them in the conversation. Default: it does. */
  readonly forms?: boolean;
}

/** Answers in the dialog, which only this person sees. What comes after the dialog's answer goes to `messages`. */
export class DialogSurface implements Surface {
  readonly clicked?: Address;
  readonly #messages: Surface;
  readonly #from: string | undefined;
  readonly #answer: (answer: DialogAnswer) => boolean;
  readonly #forms: boolean;
  #sent = false;

  /** @param answer says whether it still reaches the dialog */
  constructor(
    messages: Surface,
    answer: (answer: DialogAnswer) => boolean,
    { from, forms = true }: DialogOptions,
  ) {
    this.#messages = messages;
    this.#from = from;
    this.#answer = answer;
    this.#forms = forms;
    if (messages.clicked) this.clicked = messages.clicked;
  }

  async toPerson(card: Card): Promise<Address | undefined> {
    try {
      const address = await this.#messages.toPerson(card);
      this.#sent = true;
      return address;
    } catch (error) {
      if (isClosed(error)) this.#answer(showCard(openDirectChat(), this.#from));
      throw error;
    }
  }

  /** The dialog's content when it has shown nothing else. */
  get rest(): DialogAnswer {
    return showCard(this.#sent ? sentToYou() : done(), this.#from);
  }

  async here(card: Card): Promise<void> {
    if (!this.#answer(showCard(card, this.#from))) await this.#messages.here(card);
  }

  replace(card: Card): Promise<void> {
    return this.#messages.replace(card);
  }

  async openForm(title: string, call: ActionCall): Promise<FormWindow> {
    if (!this.#forms) {
      const window = await this.#messages.openForm(title, call);
      this.#sent = true;
      return window;
    }
    return {
      fill: async (form, session) => {
        this.#answer(showForm({ form, session, call, from: this.#from }));
      },
      refuse: (card) => this.here(card),
    };
  }
}
