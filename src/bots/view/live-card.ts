/** Cards that follow what they show: each view names the topic that it follows and renders its current state. */
import type { LiveCardRef } from '../../core/message.ts';
import type { Schema } from './action.ts';
import type { Card } from './card.ts';

/** The view for senders: the payload is still text. */
export interface CardView<Context> {
  readonly id: string;
  /**
   * What happens to older copies for the same reader. They become a `pointer` to the newest, so that nobody acts on two.
   * Or they stay as they are, since one of them may be pinned, and only the newest is edited: `follow`.
   */
  readonly copies: 'pointer' | 'follow';
  /** The card for the reader in `context`, with that reader's current permissions. */
  render(payload: string, context: Context): Promise<Card>;
}

/** The view for features: the payload is typed. */
export interface CardViewOf<Payload, Context> extends CardView<Context> {
  with(payload: Payload): LiveCardRef;
}

interface NamedCard<P> {
  readonly id: string;
  readonly payload: Schema<P>;
  readonly topic: (payload: P) => string;
}

/** References to a card, apart from the card itself: buttons on it may lead back to it, and no files import each other. */
export interface CardRefs<P> extends NamedCard<P> {
  readonly with: (payload: P) => LiveCardRef;
}

export const cardRefs = <P>(card: NamedCard<P>): CardRefs<P> => ({
  ...card,
  with: (input) => ({
    view: card.id,
    payload: JSON.stringify(input),
    topic: card.topic(input),
  }),
});

interface LiveCardSpec<P, C> extends NamedCard<P> {
  readonly render: (payload: P, context: C) => Promise<Card>;
  /** Left out: `pointer`. */
  readonly copies?: CardView<C>['copies'];
}

export function liveCard<P, C>(spec: LiveCardSpec<P, C>): CardViewOf<P, C> {
  return {
    id: spec.id,
    copies: spec.copies ?? 'pointer',
    with: cardRefs(spec).with,
    render: async (text, context) => spec.render(spec.payload.parse(JSON.parse(text)), context),
  };
}

export class CardBook<Context> {
  readonly #views: ReadonlyMap<string, CardView<Context>>;
  /** What every card becomes before its reader sees it: `render` has done it. */
  readonly finish: (card: Card, context: Context) => Card;

  constructor(
    views: readonly CardView<Context>[],
    finish: (card: Card, context: Context) => Card = (card) => card,
  ) {
    this.finish = finish;
    this.#views = new Map(
      views.map((view) => [
        view.id,
        {
          ...view,
          render: async (payload, context) => finish(await view.render(payload, context), context),
        },
      ]),
    );
    if (this.#views.size !== views.length) throw new TypeError('Two card views share an id');
  }

  /** @throws {RangeError} for an unknown view, which `with` never makes */
  find(id: string): CardView<Context> {
    const view = this.#views.get(id);
    if (!view) throw new RangeError(`No card view is called "${id}"`);
    return view;
  }
}
