/** Drives the page of Microsoft's local Teams client as a person would: by what is written on it. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Browser, Locator, Page } from 'playwright-core';
import type { TeamsChat } from '../teams/teams-chat.ts';
import { escapeRegExp } from './escape-reg-exp.ts';
import { takePicture } from './pictures.ts';

/** The page sends within a tenth of a second what someone writes or presses: by then it was lost. */
const SENT_MS = 10_000;
const MAX_TRIES = 3;
/** A button that is there is found at once. */
const SHOWN_MS = 5_000;
/** By then a press was answered, or its answer was lost. */
const ANSWER_MS = 30_000;
/** A form waits less long for what its app brings; unless the machine does much beside. */
const LATE_MS = 10_000;
/** Cards that a failure shows. */
const MAX_TOLD = 3;
/** Redirects, and answers to requests that the page gave up. */
const NO_BODY = '';
/** What a page loads beside what it is made of. */
const DATA = new Set(['xhr', 'fetch', 'eventsource', 'other']);

/** In the client's log, once the bot has answered. */
const TOLD = '"activityName":"conversationUpdate"';

/** Listens to each socket from its first moment: its messages may come with it. */
const untilTold = (page: Page): Promise<unknown> =>
  page.waitForEvent('websocket', async (socket) => {
    if (!socket.url().endsWith('/log/stream')) return false;
    await socket.waitForEvent('framereceived', ({ payload }) => String(payload).includes(TOLD));
    return true;
  });

const yesOrNo = [() => true, () => false] as const;

export class TeamsPage implements TeamsChat {
  readonly page: Page;
  /** Everything that the client's server ever told the page, in order: also what the page shows no more. */
  readonly #heard: Promise<string>[] = [];
  #presses = 0;
  /** The "More…" that was pressed, which the next button is behind. */
  #more: Locator | undefined;

  private constructor(page: Page) {
    this.page = page;
    page.on('websocket', (socket) =>
      socket.on('framereceived', ({ payload }) =>
        this.#heard.push(Promise.resolve(String(payload))),
      ),
    );
    page.on('response', (response) => {
      if (!DATA.has(response.request().resourceType())) return; // The page's own scripts and pictures.
      this.#heard.push(response.text().catch(() => NO_BODY));
    });
  }

  /**
   * Opens the client; the bot gets its install event. Close it with `close`.
   * @param browser or a context of it
   */
  static async visit(browser: Pick<Browser, 'newPage'>, url: string): Promise<TeamsPage> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
    const opened = new TeamsPage(page); // Before the first request, which it wants to hear.
    try {
      // What is written before the client has told the bot of the conversation may be lost.
      await Promise.all([untilTold(page), page.goto(url)]);
      await page.getByRole('textbox').first().waitFor();
      return opened;
    } catch (error) {
      await page.close(); // Others use its browser.
      throw error;
    }
  }

  async goTo(conversation: string): Promise<void> {
    await this.page.getByRole('treeitem', { name: conversation, exact: true }).click();
  }

  async send(text: string): Promise<void> {
    await this.#untilSent('/messages', async () => {
      await this.#composer().click();
      await this.page.keyboard.press('ControlOrMeta+A'); // What is left of a message that wasn't sent.
      await this.page.keyboard.insertText(text);
      await this.page.keyboard.press('Enter');
    });
  }

  async waitForText(text: string): Promise<void> {
    try {
      await this.card(text).waitFor();
    } catch (error) {
      const last = (await this.cards()).slice(-MAX_TOLD).join('\n---\n');
      const heard = (await this.heard()).includes(text) ? ', which the client was told' : '';
      throw new Error(`Waited in vain for "${text}"${heard}; the last cards were:\n${last}`, {
        cause: error,
      });
    }
  }

  async waitUntilGone(text: string): Promise<void> {
    await this.card(text).waitFor({ state: 'detached' });
  }

  async waitForButton(text: string, label: string): Promise<void> {
    await this.#buttonsOn(text, label).first().waitFor();
  }

  async press(label: string): Promise<void> {
    await this.pressButton(this.#buttons(label).last());
  }

  async more(on?: string): Promise<void> {
    const cards = on === undefined ? this.#cards() : this.card(on);
    this.#more = cards.getByRole('button', { name: 'More…', exact: true }).last();
    await this.#more.click();
  }

  async pressOn(text: string, label: string): Promise<void> {
    await this.pressButton(this.#buttonsOn(text, label).first());
  }

  presses(): number {
    const presses = this.#presses;
    this.#presses = 0;
    return presses;
  }

  async chooseInMenu(text: string, label: string, index = 0): Promise<void> {
    const menu = this.card(text).getByRole('button', { name: 'More options' }).nth(index);
    const choice = this.page.getByRole('menuitem', { name: label, exact: true });
    this.#presses += 1;
    await this.#untilSent('/submit', async () => {
      await menu.click();
      await this.#clickBehind(menu, choice);
    });
  }

  async pressButton(button: Locator): Promise<void> {
    await this.#pressOnce(button);
  }

  async open(label: string, says: string): Promise<void> {
    await this.openBy(this.#buttons(label).last(), says);
  }

  async openOn(text: string, label: string | RegExp, says: string): Promise<void> {
    await this.openBy(buttonsIn(this.card(text), label).first(), says);
  }

  /**
   * Presses a button, which opens something that says this. Where nothing does for long, it is pressed again, as a person would: on
   * a busy machine an edit that was on its way may put a card back for a moment, and the press was one of the card before.
   */
  async openBy(button: Locator, says: string): Promise<void> {
    const opened = this.card(says);
    await this.#pressOnce(button);
    const presses = this.#presses; // What is pressed again counts once.
    for (let tries = 1; tries < MAX_TRIES; tries++) {
      if (await this.#lookAgain(opened, ANSWER_MS).then(...yesOrNo)) break;
      // Where the answer was only slow, the button may be gone by now, and a later one is another one.
      if (await button.isVisible()) await this.#pressOnce(button, SHOWN_MS).then(...yesOrNo);
    }
    this.#presses = presses;
    await this.waitForText(says);
  }

  async fill(label: string, value: string): Promise<void> {
    await this.#lookAgain(this.#input(label));
    await this.#input(label).fill(value);
  }

  async choose(label: string, option: string): Promise<void> {
    await this.#lookAgain(this.#input(label));
    const choice = this.#options(option).last();
    await this.#input(label).click();
    await this.#clickBehind(this.#input(label), choice);
    // A drop-down of many stays open, and would cover what is below it.
    await this.page.keyboard.press('Escape');
  }

  async chosen(label: string): Promise<string> {
    await this.#lookAgain(this.#input(label));
    return this.#input(label).inputValue();
  }

  async tick(text: string, entry: string): Promise<void> {
    await this.card(text).getByText(entry, { exact: true }).click();
  }

  async read(text: string): Promise<string> {
    return (await this.cards()).findLast((card) => card.includes(text)) ?? '';
  }

  async buttons(label: string): Promise<number> {
    return this.page.getByRole('button', { name: label, exact: true }).count();
  }

  async linkOn(text: string, link: string): Promise<string> {
    return (await this.card(text).getByRole('link', { name: link }).getAttribute('href')) ?? '';
  }

  /** The labels that the newest drop-down with this label or placeholder offers. */
  async choices(label: string): Promise<readonly string[]> {
    await this.#lookAgain(this.#input(label));
    await this.#input(label).click();
    const labels = await this.#options().allInnerTexts();
    await this.page.keyboard.press('Escape');
    return labels;
  }

  /** The newest card that says this. `name · detail` is also a row of two lines. */
  card(text: string): Locator {
    const [first = '', ...others] = text.split(' · ').map(escapeRegExp);
    const hasText = new RegExp(
      [first, ...others].join('(?: · |\\s*)').replaceAll(' ', '\\s+'),
      'i',
    );
    return this.#cards().filter({ hasText }).last();
  }

  /** Everything that can be read on the cards, newest last. */
  async cards(): Promise<readonly string[]> {
    return this.#cards().allInnerTexts();
  }

  /** Every message of the bot in every version, with whatever else came from the client's server. */
  async heard(): Promise<string> {
    return (await Promise.all(this.#heard)).join('\n');
  }

  async picture(text: string, name: string): Promise<void> {
    await takePicture(this.card(text), name);
  }

  async screenshot(path: string): Promise<void> {
    await this.page.screenshot({ path });
  }

  async close(): Promise<void> {
    await this.page.close();
  }

  /**
   * Writes or presses until the page sends it to its server. It loses what is done while it draws a card anew beneath the
   * pointer; a person would do it again.
   */
  async #untilSent(path: string, act: () => Promise<void>): Promise<void> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const sent = this.page
        .waitForRequest((request) => request.method() === 'POST' && request.url().endsWith(path), {
          timeout: 0,
        })
        .then(...yesOrNo);
      await act(); // On a busy machine this alone takes longer than the page needs to send it.
      if (await Promise.race([sent, pause(SENT_MS, false, { ref: false })])) return;
    }
    throw new Error(`The client sent nothing to ${path} after ${MAX_TRIES} tries`);
  }

  async #pressOnce(button: Locator, timeout?: number): Promise<void> {
    this.#presses += 1;
    await this.#untilSent('/submit', async () => {
      if (this.#more) await this.#clickBehind(this.#more, button);
      else await button.click({ timeout });
    });
    this.#more = undefined;
  }

  /** The page hides what is behind "More…", or in a menu, where it draws the card anew: a person would press that again. */
  async #clickBehind(opener: Locator, button: Locator): Promise<void> {
    for (let tries = 1; tries < MAX_TRIES; tries++) {
      if (await button.click({ timeout: SHOWN_MS }).then(...yesOrNo)) return;
      await opener.click();
    }
    await button.click();
  }

  /** Presses "Try again" until this is there: a form says so where its app hasn't brought the choices in time. */
  async #lookAgain(wanted: Locator, timeout?: number): Promise<void> {
    const late = this.card("hasn't answered yet");
    const presses = this.#presses; // On a machine that isn't busy there are none of these.
    for (;;) {
      await wanted.or(late).first().waitFor({ timeout });
      if (await late.isVisible()) {
        await this.#pressOnce(late.getByRole('button', { name: 'Try again', exact: true }).last());
        await late.waitFor({ state: 'hidden', timeout: LATE_MS }).then(...yesOrNo);
      } else if (await wanted.first().isVisible()) break;
    }
    this.#presses = presses;
  }

  #composer(): Locator {
    return this.page.locator('[data-lexical-editor="true"]');
  }

  #cards(): Locator {
    return this.page.locator('.ac-adaptiveCard');
  }

  /** By what is written on them, or by their tooltip, which names their row: `Request: Fernboard`. */
  #buttons(label: string): Locator {
    return buttonsIn(this.#cards(), label);
  }

  #buttonsOn(text: string, label: string): Locator {
    return this.card(text).getByRole('button', { name: label, exact: true });
  }

  /** A list of many offers check boxes. */
  #options(name?: string): Locator {
    const named = name === undefined ? {} : { name, exact: true };
    return this.page.getByRole('option', named).or(this.page.getByRole('menuitemcheckbox', named));
  }

  #input(label: string): Locator {
    const cards = this.#cards();
    // A drop-down's arrow has the label too.
    return cards
      .locator('input, textarea')
      .and(cards.getByLabel(label).or(cards.getByPlaceholder(label)))
      .last();
  }
}

const buttonsIn = (cards: Locator, label: string | RegExp): Locator =>
  cards
    .getByRole('button', { name: label, exact: true })
    .or(cards.getByTitle(label, { exact: true }));
