/** Microsoft's own parser of Adaptive Cards, and the texts in a card. */
import { createRequire } from 'node:module';
import type * as AdaptiveCards from 'adaptivecards';

// The package's other form is no module to Node.
const { AdaptiveCard, HostConfig, SerializationContext, Versions } = createRequire(import.meta.url)(
  'adaptivecards/dist/adaptivecards.js',
) as typeof AdaptiveCards;

/** As Teams has it; the parser's own default is five. */
const teams = new HostConfig({ actions: { maxActions: 6 } });

/** What the parser finds wrong with a card of version 1.5; empty when it takes it. */
export function validate(card: unknown): readonly string[] {
  const context = new SerializationContext(Versions.v1_5);
  const parsed = new AdaptiveCard();
  parsed.hostConfig = teams;
  parsed.parse(card, context);
  const wrong = Array.from(
    { length: context.eventCount },
    (_, index) => context.getEventAt(index).message,
  );
  const invalid = parsed.validateProperties().validationEvents.map(({ message }) => message);
  return [...wrong, ...invalid];
}

/** Every string under one of these keys, in order. */
export function textsOf(value: unknown, keys: readonly string[]): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item) => textsOf(item, keys));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    typeof item === 'string' ? (keys.includes(key) ? [item] : []) : textsOf(item, keys),
  );
}

/** All run texts as one: a long text is several runs. */
export const runText = (cards: unknown): string => textsOf(cards, ['text']).join('');
