/**
 * What all cards have in common, whatever a feature puts on them: few buttons, one of them primary; red only on the step
 * that destroys; and a name for screen readers on each row's buttons. Renderers draw what was arranged here. Pure.
 */
import type { Block, Button, Row, Text } from './card.ts';
import { asLines } from './checklist.ts';

/** Buttons that stand beside each other: the primary one and two more. A menu has all others. */
export const BUTTONS_SHOWN = 3;

/** Each set of buttons belongs to what stands above it, and has its own menu. One button of the whole card is primary. */
export function arranged(blocks: readonly Block[]): readonly Block[] {
  const primary = blocks
    .flatMap((block) => (block.kind === 'buttons' ? block.buttons : []))
    .find(isPrimary);
  const draw = (button: Button): Button =>
    isPrimary(button) && button !== primary ? plain(button) : calm(button);
  return blocks.flatMap((block): readonly Block[] => {
    if (block.kind === 'row') return [arrangedRow(block)];
    if (block.kind === 'checklist' && !block.does) return asLines(block);
    if (block.kind !== 'buttons') return [block];
    const { buttons, more = [] } = block.allShown ? block : withMenu(block);
    return [{ ...block, buttons: buttons.map(draw), more: more.map(draw) }];
  });
}

/** Where its feature gives it a menu, a row has one button beside that. Without one, up to three stand. */
function arrangedRow(row: Row): Row {
  const { buttons, more } = row.more?.length ? oneAndMenu(row) : withMenu(row);
  const name = readable(row.text);
  const draw = (button: Button): Button => ({
    ...calm(button),
    about: button.about ?? `${button.label.replace(/ ?…$/, '')}: ${name}`,
  });
  return { ...row, buttons: buttons.map(draw), more: more.map(draw) };
}

interface Actions {
  readonly buttons: readonly Button[];
  readonly more?: readonly Button[];
}

/** The primary button is always shown. A menu of one is only a longer way. */
function withMenu({ buttons, more = [] }: Actions): Required<Actions> {
  const all = [...buttons, ...more];
  if (all.length <= BUTTONS_SHOWN && more.length <= 1) return { buttons: all, more: [] };
  const inMenu = Math.max(0, buttons.length - BUTTONS_SHOWN) + more.length;
  const primary = buttons.filter(isPrimary).slice(0, 1);
  const first = [...primary, ...buttons.filter((button) => !primary.includes(button))];
  const shown = new Set(first.slice(0, inMenu === 1 ? BUTTONS_SHOWN - 1 : BUTTONS_SHOWN));
  return {
    buttons: buttons.filter((button) => shown.has(button)),
    more: all.filter((button) => !shown.has(button)),
  };
}

/** Also a menu of one, so that the rows of a list look alike. */
function oneAndMenu(row: Actions): Required<Actions> {
  const all = [...row.buttons, ...(row.more ?? [])];
  const shown = row.buttons.find(isPrimary) ?? row.buttons[0];
  return shown
    ? { buttons: [shown], more: all.filter((button) => button !== shown) }
    : withMenu(row);
}

const isPrimary = ({ tone }: Button): boolean => tone === 'primary';

/** A button that opens a form destroys nothing; the form's own button does. */
const calm = (button: Button): Button =>
  button.tone === 'danger' && button.does.opensForm ? plain(button) : button;

const plain = (button: Button): Button => ({ ...button, tone: undefined });

const readable = (text: Text): string =>
  text.map((span) => (typeof span === 'string' ? span : span.text)).join('');
