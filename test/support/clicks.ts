/** Someone who presses buttons of cards and answers forms, and sees what comes of it. */
import { actions, cards, commands } from '../../src/bots/features/features.ts';
import type { Turn } from '../../src/bots/live/context.ts';
import type { PressReply, SubmitReply } from '../../src/bots/view/action.ts';
import type { ActionCall } from '../../src/bots/view/action-call.ts';
import { arranged } from '../../src/bots/view/arrange.ts';
import { type Button, type Card, note, type ShownCard } from '../../src/bots/view/card.ts';
import { shownTicks, withTicks } from '../../src/bots/view/checklist.ts';
import { type CommandText, plainText } from '../../src/bots/view/command.ts';
import { type Fields, type Form, readValues, type Values } from '../../src/bots/view/form.ts';
import { inLocale, locale } from '../../src/core/translate.ts';
import { type TestChat, textOf } from './chat.ts';
import { present } from './given/outcomes.ts';

type Answers = Readonly<Record<string, string | readonly string[] | undefined>>;

export class Clicker {
  readonly #chat: TestChat;
  readonly #email: string;

  constructor(chat: TestChat, email: string) {
    this.#chat = chat;
    this.#email = email;
  }

  async types(...text: CommandText): Promise<Card> {
    return this.#cardOf(await this.writes(...text));
  }

  async writes(...[word = '', ...args]: CommandText): Promise<PressReply> {
    const command = commands.find((known) => known.word === word);
    if (!command) throw new Error(`There is no command ${plainText([word])}`);
    return this.#in((turn) => command.run(args, turn));
  }

  /** The card that comes of it. @throws where it opens a form, or nothing is said */
  async presses(button: Button | ActionCall): Promise<Card> {
    return this.#cardOf(await this.press(button));
  }

  async press(button: Button | ActionCall): Promise<PressReply> {
    const call = 'does' in button ? button.does : button;
    return this.#in((turn) => actionOf(call).press(call.payload, turn));
  }

  /** @throws where the form is refused */
  async opens(button: Button | ActionCall): Promise<Form> {
    const reply = await this.press(button);
    if (reply.kind !== 'open') throw new Error(`It opens nothing: ${reply.kind}`);
    const form = await reply.form;
    if ('refused' in form) throw new Error(textOf(form.refused));
    return form;
  }

  /** Sends the form as it opened, with these answers in place of what it held. */
  async sends(button: Button | ActionCall, answers: Answers = {}): Promise<SubmitReply> {
    return this.answersTo(await this.opens(button), button, answers);
  }

  /** Sends a form that was opened before, and has been open since. */
  async answersTo(form: Form, button: Button | ActionCall, answers: Answers): Promise<SubmitReply> {
    const read = readTyped(form.fields, answers);
    if (!read.ok) return { kind: 'invalid', errors: read.errors };
    return this.answers(button, { ...held(form), ...answers }, form.fields);
  }

  /** Sends answers without having opened the form. */
  async answers(
    button: Button | ActionCall,
    answers: Answers,
    shown?: Fields,
  ): Promise<SubmitReply> {
    const call = 'does' in button ? button.does : button;
    const values = answers as Values<Fields>; // What a form's fields may hold.
    const form = actions.findForm(call.id);
    if (!form) throw new Error(`There is no form ${call.id}`);
    return this.#in((turn) =>
      form.submit(call.payload, values, { ...turn, ...(shown && { shown }) }),
    );
  }

  /** What is said beside the fields of a form that is not taken. */
  async isTold(
    button: Button | ActionCall,
    answers: Answers,
  ): Promise<Readonly<Record<string, string | undefined>>> {
    const reply = await this.sends(button, answers);
    if (reply.kind !== 'invalid') throw new Error(`It was taken: ${reply.kind}`);
    return reply.errors;
  }

  /** The card that comes of the sent form. */
  async gets(button: Button | ActionCall, answers: Answers = {}): Promise<Card> {
    return this.#cardOf(await this.sends(button, answers));
  }

  /** A live card as it is for them now. */
  async sees({ view, payload, drawn }: ShownCard): Promise<Card> {
    if (drawn?.isAsPosted) return drawn; // Its view can't draw that again.
    return this.#in(({ stores, now, timeZone, actor: reader, installation }) => {
      const scheduleZone = installation.timeZone;
      return cards.find(view).render(payload, { reader, stores, now, timeZone, scheduleZone });
    });
  }

  /** As the bot does it: in the language that they read. */
  async #in<T>(work: (turn: Turn) => Promise<T>): Promise<T> {
    const turn = await this.#chat.turn(this.#email);
    return inLocale(turn.locale ?? locale(), () => work(turn));
  }

  async #cardOf(reply: PressReply | SubmitReply): Promise<Card> {
    if (!('card' in reply)) throw new Error(`No card comes of it: ${JSON.stringify(reply)}`);
    return 'view' in reply.card ? this.sees(reply.card) : reply.card;
  }
}

/** What stands above a form's fields. */
export const introOf = (form: Form): string => textOf(note('', ...form.intro));

/** Every button of a card, with those in the menus of its rows. */
export const buttonsOf = ({ blocks }: Card): readonly Button[] =>
  arranged(blocks).flatMap((block) =>
    block.kind === 'buttons' || block.kind === 'row'
      ? [...block.buttons, ...(block.more ?? [])]
      : [],
  );

/** What the card sends when these entries of its checklist are ticked, and no others. */
export function ticking({ blocks }: Card, ...ticked: readonly number[]): ActionCall {
  const list = blocks.find((block) => block.kind === 'checklist');
  if (!list?.does) throw new Error('There is no checklist to tick');
  return withTicks(list.does, { shown: [...shownTicks(list)], ticked: [...ticked] });
}

/**
 * @param label what is written on it, or what is heard of it: `Grant: Fernboard`, which names its row
 * @throws where the card has no such button
 */
export function buttonOf(card: Card, label: string | RegExp): Button {
  const found = buttonsOf(card).find((button) =>
    typeof label === 'string'
      ? button.label === label || button.about === label
      : label.test(button.label),
  );
  if (!found) throw new Error(`No button ${String(label)} on\n${textOf(card)}`);
  return found;
}

function actionOf({ id }: ActionCall) {
  const action = actions.find(id);
  if (!action) throw new Error(`There is no action ${id}`);
  return action;
}

/** Reads what was typed, as the bot does before a form gets it. */
function readTyped(shown: Fields, answers: Answers) {
  const typed = Object.entries(answers).flatMap(([name, answer]) =>
    shown[name]?.kind === 'text' && typeof answer === 'string' && answer.trim() !== ''
      ? [[name, answer] as const]
      : [],
  );
  const fields = Object.fromEntries(typed.map(([name]) => [name, present(shown[name])]));
  return readValues(fields, Object.fromEntries(typed));
}

/** What the form's fields hold when it opens, as values. */
function held(form: Form): Answers {
  return Object.fromEntries(
    Object.entries(form.fields).map(([name, field]) => [
      name,
      'initial' in field ? field.initial : undefined,
    ]),
  );
}

/** Of a form's field, which has to be there. Undefined where it has no such property. */
export function valueAt(field: Fields[string] | undefined, property: string): unknown {
  if (!field) throw new Error('The form has no such field');
  return new Map<string, unknown>(Object.entries(field)).get(property);
}
