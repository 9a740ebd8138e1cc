/** What someone does and reads in Teams, by what is written there: in Microsoft's client, or on the cards that the bot has sent. */
export interface TeamsChat {
  /** Writes a message. `<at>Name</at>` is a mention, in shared conversations. */
  send(text: string): Promise<void>;
  /** Another conversation: `Group Chat`. */
  goTo(conversation: string): Promise<void>;
  /** Waits until the bot says this on a card of the conversation that is open. `name · detail` is also a row of two lines. */
  waitForText(text: string): Promise<void>;
  /** Waits until no card says this any more. */
  waitUntilGone(text: string): Promise<void>;
  /** Waits until a card that says this has a button with this label. */
  waitForButton(text: string, label: string): Promise<void>;
  /** Presses the newest button with this label, or with this tooltip, which names its row: `Request: Fernboard`. */
  press(label: string): Promise<void>;
  /** Presses the first button with this label, on the newest card that says this. */
  pressOn(text: string, label: string): Promise<void>;
  /** Presses the newest button with this label or tooltip, which opens something that says this. */
  open(label: string, says: string): Promise<void>;
  /** Presses a button of the newest card that says this, which opens something that says that. */
  openOn(text: string, label: string | RegExp, says: string): Promise<void>;
  /** Shows the buttons that the newest card with such, or the newest that says this, keeps behind "More…". */
  more(on?: string): Promise<void>;
  /** Chooses from a "…" on the newest card that says this, counted from 0. */
  chooseInMenu(text: string, label: string, index?: number): Promise<void>;
  /** Fills the newest input with this label or placeholder. */
  fill(label: string, value: string): Promise<void>;
  /** Chooses in the newest drop-down with this label or placeholder. */
  choose(label: string, option: string): Promise<void>;
  /** What is chosen there. */
  chosen(label: string): Promise<string>;
  /** Ticks an entry of the checklist on the newest card that says this. */
  tick(text: string, entry: string): Promise<void>;
  /** Everything that can be read on the newest card that says this; empty where none does. */
  read(text: string): Promise<string>;
  /** How many buttons have this label. */
  buttons(label: string): Promise<number>;
  /** The address of the link with this text, on the newest card that says this; empty where there is none. */
  linkOn(text: string, link: string): Promise<string>;
  /** How often they pressed since this was last asked. */
  presses(): number;
  /** A picture for the documents, of the newest card that says this; where pictures are taken. */
  picture(text: string, name: string): Promise<void>;
}
