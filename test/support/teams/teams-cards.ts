/**
 * Someone in Teams without a client: reads the cards that the bot has sent and presses their buttons. It costs a hundredth of
 * Microsoft's page, which shows the same cards where pictures are taken, and in the stories that are about it (decision 237).
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { TeamsPersona } from '../../../demo/teams-client.ts';
import { botAdded, message, personal, press } from '../../bots/teams/activities.ts';
import type { Connector, SentMessage } from '../../bots/teams/connector/connector-double.ts';
import { escapeRegExp } from '../browser/escape-reg-exp.ts';
import { until } from '../until.ts';
import {
  type DrawnButton,
  type DrawnCard,
  type DrawnInput,
  drawnCard,
  toggled,
} from './drawn-card.ts';
import type { TeamsChat } from './teams-chat.ts';

/** Long enough for runs, with a machine that does other things beside. */
const WAIT_MS = 120_000;
/** Nobody waits for it. */
const BETWEEN_MS = 10;
/** Cards that a failure shows. */
const MAX_TOLD = 3;
/** What a form says that waits for what its app brings. */
const LATE = "hasn't answered yet";

const GROUP = { isGroup: true, conversationType: 'groupChat', id: '19:group@thread.v2' } as const;

/** A card as it stands now. A new version of it has forgotten what was typed. */
interface Shown {
  readonly message: SentMessage;
  readonly card: object;
  readonly drawn: DrawnCard;
}

type Found<T> = { readonly on: Shown; readonly what: T };

export class TeamsCards implements TeamsChat {
  readonly #person: { readonly id: string; readonly name: string; readonly aadObjectId: string };
  readonly #connector: Connector;
  readonly #endpoint: string;
  readonly #drawn = new WeakMap<object, DrawnCard>();
  readonly #typed = new WeakMap<object, Map<string, string>>();
  #isInGroup = false;
  /** On which cards "More…" is open: also on one that comes meanwhile and says the same. */
  #hasMoreOpen: (card: DrawnCard) => boolean = () => false;
  #presses = 0;

  private constructor(persona: TeamsPersona, connector: Connector, endpoint: string) {
    const { objectId: aadObjectId, givenName, surname, email } = persona;
    this.#person = { id: `29:${aadObjectId}`, name: `${givenName} ${surname}`, aadObjectId };
    this.#connector = connector;
    this.#endpoint = endpoint;
    const member = { ...this.#person, email, userPrincipalName: email, userRole: 'user' };
    connector.members.push(member);
  }

  /**
   * The bot is installed for them, and hears of it.
   * @param endpoint the bot's `…/api/messages`
   */
  static async visit(persona: TeamsPersona, connector: Connector, endpoint: string) {
    const cards = new TeamsCards(persona, connector, endpoint);
    await cards.#post(botAdded(cards.#here()));
    return cards;
  }

  async send(text: string): Promise<void> {
    await this.#post(message(this.#here(), text));
  }

  async goTo(conversation: string): Promise<void> {
    this.#isInGroup = conversation === 'Group Chat';
  }

  async waitForText(text: string): Promise<void> {
    const says = saying(text);
    await this.#find(`"${text}"`, ({ drawn }) => says(drawn));
  }

  async waitUntilGone(text: string): Promise<void> {
    await until(() => this.#newest(text) === undefined);
  }

  async waitForButton(text: string, label: string): Promise<void> {
    await this.#buttonOn(text, (button) => button.label === label);
  }

  async press(label: string): Promise<void> {
    const found = await this.#find(`the button "${label}"`, (shown) =>
      shown.drawn.buttons.findLast((each) => this.#isOffered(each, shown) && isNamed(each, label)),
    );
    await this.#press(found);
  }

  async pressOn(text: string, label: string): Promise<void> {
    await this.#press(await this.#buttonOn(text, (button) => button.label === label));
  }

  /** Finds a button as `pressOn` does. @returns presses it, also once the card has changed: as a client that hasn't heard of that */
  async holdOn(text: string, label: string): Promise<() => Promise<void>> {
    const found = await this.#buttonOn(text, (button) => button.label === label);
    return () => this.#press(found);
  }

  async open(label: string, says: string): Promise<void> {
    await this.press(label);
    await this.#untilOpen(says);
  }

  async openOn(text: string, label: string | RegExp, says: string): Promise<void> {
    await this.#press(await this.#buttonOn(text, (button) => isNamed(button, label)));
    await this.#untilOpen(says);
  }

  async more(on = ''): Promise<void> {
    const says = saying(on);
    await this.#find('"More…"', ({ drawn }) => says(drawn) && drawn.buttons.some(isBehindMore));
    this.#hasMoreOpen = says;
  }

  async chooseInMenu(text: string, label: string, index = 0): Promise<void> {
    const menus = ({ buttons }: DrawnCard): readonly number[] => [
      ...new Set(buttons.flatMap(({ behind }) => (isMenu(behind) ? behind.menu : []))),
    ];
    const says = saying(text);
    const found = await this.#find(`"${label}" in a menu`, ({ drawn }) => {
      const menu = menus(drawn)[index];
      return says(drawn)
        ? drawn.buttons.find(
            ({ behind, ...button }) =>
              isMenu(behind) && behind.menu === menu && button.label === label,
          )
        : undefined;
    });
    await this.#press(found);
  }

  async fill(label: string, value: string): Promise<void> {
    const { on, what } = await this.#input(label);
    this.#type(on, what, value);
  }

  async choose(label: string, option: string): Promise<void> {
    const isIt = ({ title }: { readonly title: string }) => title === option;
    const { on, what } = await this.#input(label, ({ choices }) => choices.some(isIt));
    const chosen = what.choices.find(isIt)?.value ?? '';
    this.#type(on, what, what.isMany ? toggled(this.#value(on, what), chosen) : chosen);
  }

  async chosen(label: string): Promise<string> {
    const { on, what } = await this.#input(label);
    const value = this.#value(on, what);
    return what.choices.find((choice) => choice.value === value)?.title ?? value;
  }

  async tick(text: string, entry: string): Promise<void> {
    const says = saying(text);
    const isIt = ({ title }: { readonly title: string }) => title === entry;
    const { on, what } = await this.#find(`"${entry}" to tick`, ({ drawn }) =>
      says(drawn) ? drawn.inputs.find(({ choices }) => choices.some(isIt)) : undefined,
    );
    const ticked = what.choices.find(isIt)?.value ?? '';
    this.#type(on, what, toggled(this.#value(on, what), ticked));
  }

  async read(text: string): Promise<string> {
    return this.#newest(text)?.drawn.text ?? '';
  }

  async buttons(label: string): Promise<number> {
    return this.#shown().reduce(
      (sum, { drawn }) => sum + drawn.buttons.filter((button) => button.label === label).length,
      0,
    );
  }

  /** What the buttons of the newest card that says this are called, in their order; empty where none does. */
  async labelsOn(text: string): Promise<readonly string[]> {
    return this.#newest(text)?.drawn.buttons.map(({ label }) => label) ?? [];
  }

  async linkOn(text: string, link: string): Promise<string> {
    return this.#newest(text)?.drawn.links.find((each) => each.text === link)?.url ?? '';
  }

  presses(): number {
    const presses = this.#presses;
    this.#presses = 0;
    return presses;
  }

  async picture(): Promise<void> {
    // Only a client draws.
  }

  #here() {
    const here = personal(this.#connector.url, this.#person);
    return this.#isInGroup
      ? { ...here, conversation: { ...GROUP, tenantId: here.conversation.tenantId } }
      : here;
  }

  async #post(activity: object): Promise<void> {
    const response = await fetch(this.#endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(activity),
    });
    if (!response.ok) throw new Error(`The bot answered ${response.status}`);
  }

  /** All inputs go with a button, those behind which nobody typed as well. */
  async #press({ on, what }: Found<DrawnButton>): Promise<void> {
    this.#presses += 1;
    this.#hasMoreOpen = () => false;
    const inputs = what.sendsInputs
      ? on.drawn.inputs.map((input) => [input.id, this.#value(on, input)])
      : [];
    const { id } = on.message;
    await this.#post(press(this.#here(), id, what.data, Object.fromEntries(inputs)));
  }

  /** Presses "Try again" until it is there: a form says so where its app hasn't brought the choices in time. */
  async #untilOpen(says: string): Promise<void> {
    const isOpen = saying(says);
    await this.#findBeyondLate(`"${says}"`, ({ drawn }) => isOpen(drawn));
  }

  #input(
    label: string,
    is: (input: DrawnInput) => boolean = () => true,
  ): Promise<Found<DrawnInput>> {
    const named = label.toLowerCase();
    return this.#findBeyondLate(`the input "${label}"`, ({ drawn }) =>
      drawn.inputs.findLast(
        (input) =>
          is(input) &&
          [input.label, input.placeholder].some((text) => text.toLowerCase().includes(named)),
      ),
    );
  }

  #buttonOn(text: string, is: (button: DrawnButton) => boolean): Promise<Found<DrawnButton>> {
    const says = saying(text);
    return this.#find(`a button on "${text}"`, (shown) =>
      says(shown.drawn)
        ? shown.drawn.buttons.find((each) => this.#isOffered(each, shown) && is(each))
        : undefined,
    );
  }

  #isOffered({ behind }: DrawnButton, { drawn }: Shown): boolean {
    return behind === undefined || (behind === 'more' && this.#hasMoreOpen(drawn));
  }

  #value({ card }: Shown, { id, value }: DrawnInput): string {
    return this.#typed.get(card)?.get(id) ?? value;
  }

  #type({ card }: Shown, { id }: DrawnInput, value: string): void {
    const typed = this.#typed.get(card) ?? new Map<string, string>();
    this.#typed.set(card, typed.set(id, value));
  }

  /** The cards of the conversation that is open, newest last. */
  #shown(): readonly Shown[] {
    const { id } = this.#here().conversation;
    return this.#connector.messages.flatMap((each): readonly Shown[] => {
      const { conversation, card } = each;
      if (conversation !== id || typeof card !== 'object' || card === null) return [];
      const drawn = this.#drawn.get(card) ?? drawnCard(card);
      this.#drawn.set(card, drawn);
      return [{ message: each, card, drawn }];
    });
  }

  #newest(text: string): Shown | undefined {
    const says = saying(text);
    return this.#shown().findLast(({ drawn }) => says(drawn));
  }

  async #findBeyondLate<T>(
    what: string,
    look: (shown: Shown) => T | undefined | false,
  ): Promise<Found<T>> {
    const isLate = saying(LATE);
    const presses = this.#presses; // On a machine that isn't busy there are none of these.
    for (;;) {
      const { on, what: found } = await this.#find(what, (shown) =>
        isLate(shown.drawn) ? ('late' as const) : look(shown),
      );
      if (found !== 'late') {
        this.#presses = presses;
        return { on, what: found };
      }
      await this.pressOn(LATE, 'Try again');
      await until(() => on.message.card !== on.card);
    }
  }

  /** What the newest card has of this, as soon as one has it. */
  async #find<T>(what: string, look: (shown: Shown) => T | undefined | false): Promise<Found<T>> {
    for (const end = Date.now() + WAIT_MS; Date.now() < end; ) {
      for (const on of this.#shown().toReversed()) {
        const found = look(on);
        if (found !== undefined && found !== false) return { on, what: found };
      }
      await pause(BETWEEN_MS);
    }
    const last = this.#shown().slice(-MAX_TOLD);
    throw new Error(
      `Waited in vain for ${what}; the last cards were:\n${last.map(({ drawn }) => drawn.text).join('\n---\n')}`,
    );
  }
}

/** `name · detail` is also a row of two lines. */
function saying(text: string): (card: DrawnCard) => boolean {
  const [first = '', ...others] = text.split(' · ').map(escapeRegExp);
  const pattern = new RegExp([first, ...others].join('(?: · |\\s*)').replaceAll(' ', '\\s+'), 'i');
  return (card) => pattern.test(card.text);
}

const isNamed = ({ label, tooltip }: DrawnButton, named: string | RegExp): boolean =>
  [label, tooltip].some((text) => (typeof named === 'string' ? text === named : named.test(text)));

const isBehindMore = ({ behind }: DrawnButton): boolean => behind === 'more';

const isMenu = (behind: DrawnButton['behind']): behind is { readonly menu: number } =>
  typeof behind === 'object';
