/** Someone who uses Teams without a browser: writes to the bot and presses buttons, as activities of the local client. */
import { message, personal, press } from '../bots/teams/activities.ts';
import type { Connector, SentMessage } from '../bots/teams/connector/connector-double.ts';
import { runText, textsOf } from '../bots/teams/official-parser.ts';

export interface TeamsPerson {
  readonly id: string;
  readonly name: string;
  readonly aadObjectId: string;
  readonly email: string;
}

/** A manager of the demo's company, who has no client there. */
export const INES: TeamsPerson = {
  id: '29:1ines',
  name: 'Ines Falk',
  aadObjectId: '33333333-3333-4333-8333-333333333333',
  email: 'ines.falk@harbour.example',
};

export class TeamsUser {
  readonly #person: TeamsPerson;
  readonly #connector: Connector;
  readonly #endpoint: string;

  /** @param endpoint the bot's `…/api/messages` */
  constructor(person: TeamsPerson, connector: Connector, endpoint: string) {
    this.#person = person;
    this.#connector = connector;
    this.#endpoint = endpoint;
    const { email } = person;
    connector.members.push({ ...person, userPrincipalName: email, userRole: 'user' });
  }

  /** Writes to the bot in their direct conversation. */
  write(text: string): Promise<void> {
    return this.#send(message(this.#direct(), text));
  }

  /** The newest card in their direct conversation that says this, as soon as there is one. */
  reads(text: string): Promise<SentMessage> {
    const { id } = this.#direct().conversation;
    return this.#connector.until(
      ({ conversation, card }) => conversation === id && said(card).includes(text),
    );
  }

  /** @param inputs what a form's inputs hold, by their ids */
  press(
    { id, card }: SentMessage,
    label: string,
    inputs: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const data = buttonsOf(card).get(label);
    if (!data) throw new Error(`There is no button "${label}" on\n${said(card)}`);
    return this.#send(press(this.#direct(), id, data, inputs));
  }

  #direct() {
    return personal(this.#connector.url, this.#person);
  }

  async #send(activity: object): Promise<void> {
    const response = await fetch(this.#endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(activity),
    });
    if (!response.ok) throw new Error(`The bot answered ${response.status}`);
  }
}

/** What can be read on a card: text, and facts. */
export const said = (card: unknown): string =>
  [runText(card), ...textsOf(card, ['title', 'value'])].join('\n');

/** What each button of a card carries, by its label. */
export function buttonsOf(card: unknown): ReadonlyMap<string, object> {
  const found = new Map<string, object>();
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(walk);
    if (typeof value !== 'object' || value === null) return;
    if ('type' in value && value.type === 'Action.Submit') {
      const { title, data } = value as { readonly title?: string; readonly data?: object };
      if (title && data) found.set(title, data);
    }
    Object.values(value).forEach(walk);
  };
  walk(card);
  return found;
}
