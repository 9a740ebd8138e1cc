/** The texts of link pages. Each purpose has its own: some links show something once, others open a page. */
import { t } from '../core/translate.ts';
import { unreachable } from '../core/unreachable.ts';
import type { LinkPurpose } from '../engine/links/link.ts';
import { LINK_LIFE_MS, type Looked } from '../engine/links/links.ts';
import { SESSION_LIFE_MS, type SessionPurpose } from '../engine/links/web-sessions.ts';
import { EMAILED_LINK_LIFE_MS } from '../engine/messages/delivery.ts';
import type { FoundLink, WayToMessage } from '../engine/messages/emailed-links.ts';
import type { MessagePage } from './pages.ts';

/** A page with one button. */
export interface Ask extends MessagePage {
  readonly button: string;
}
type Refusal = readonly [status: number, page: MessagePage];

const minutes = (ms: number): string => t`${ms / 60_000} minutes`;
const again = (purpose?: LinkPurpose): string =>
  purpose === 'emailed'
    ? requestAgain()
    : t`Go back to chat and ask for a new link there, the way you got this one.`;

export const waiting = (code: string): MessagePage => ({
  title: t`Is it you?`,
  text: t`Latchkey asks you in your direct conversation which number you see here. Press this one there; this page then goes on.`,
  code,
});
export const shownOnce = () => t`This is shown only now. Copy it before you close this page.`;

/** The question of a confirmed link, before it opens its page. */
export function askToOpen(purpose: SessionPurpose, name: string): Ask {
  switch (purpose) {
    case 'secrets':
      return {
        title: t`Set up ${name}`,
        text: t`Here you type what Latchkey needs for ${name}: keys, passwords and the like. The page ends after ${minutes(SESSION_LIFE_MS.secrets)}, so have them at hand.`,
        button: t`Open the page`,
      };
    case 'connect':
      return {
        title: t`Connect ${name}`,
        text: t`You go on to ${name}, log in there and allow Latchkey to work with it; then you are sent back here. You have ${minutes(SESSION_LIFE_MS.connect)} for that.`,
        button: t`Go on to ${name}`,
      };
    case 'manifest':
      return {
        title: t`The manifest of ${name}`,
        text: t`The editor stays open for ${minutes(SESSION_LIFE_MS.manifest)}. What you have not saved by then is lost.`,
        button: t`Open the editor`,
      };
    case 'export':
      return {
        title: t`Your file from Latchkey`,
        text: t`The next page offers the file. It ends after ${minutes(SESSION_LIFE_MS.export)}.`,
        button: t`Go on`,
      };
    default:
      return unreachable(purpose);
  }
}

/** Why a link can't be used. */
export function whyNot(looked: Exclude<Looked, { kind: 'good' }>): Refusal {
  switch (looked.kind) {
    case 'unknown':
      return unknown();
    case 'expired':
      return looked.purpose === 'emailed' ? emailedNoMore('expired') : tooOld();
    case 'refused':
      return looked.purpose === 'emailed' ? emailedNoMore('stopped') : stopped();
    case 'used':
      return usedUp(looked.purpose);
    default:
      return unreachable(looked);
  }
}

export const usedUp = (purpose: LinkPurpose): Refusal =>
  purpose === 'delivery' || purpose === 'emailed' || purpose === 'hook'
    ? shownAlready()
    : openedAlready();

const unknown = (): Refusal => [
  404,
  { title: t`This link leads nowhere`, text: t`It may be incomplete. ${again()}` },
];
const tooOld = (): Refusal => [
  410,
  {
    title: t`This link is too old`,
    text: t`Links are good for ${minutes(LINK_LIFE_MS)}. ${again()}`,
  },
];
const stopped = (): Refusal => [
  403,
  {
    title: t`This link was stopped`,
    text: t`Someone pressed another number in chat, or said that they had not opened it. ${again()}`,
  },
];
const shownAlready = (): Refusal => [
  410,
  {
    title: t`This was shown already`,
    text: t`It is shown once only. If that was not you, tell your Latchkey admin now.`,
  },
];
const openedAlready = (): Refusal => [
  410,
  {
    title: t`This link was used already`,
    text: t`A link opens its page once, in one browser. ${again()} If it was not you who opened it, tell another Latchkey admin now.`,
  },
];

export const elsewhere = (purpose: LinkPurpose): MessagePage => ({
  title: t`This link is open in another browser`,
  text:
    purpose === 'emailed'
      ? t`It works in one only. Go on in the browser where you opened it last.`
      : t`It works in one only. ${again()}`,
});
export const tooOften = (purpose: LinkPurpose): MessagePage => ({
  title: t`This link was opened too often`,
  text: t`Too many browsers have opened it. ${again(purpose)}`,
});
export const notConfirmed = (): MessagePage => ({
  title: t`This was not confirmed`,
  text: t`Open the link again, and press the number that it shows in your direct conversation with Latchkey.`,
});

// The reader comes from an email and may not know Latchkey.

const DAYS = EMAILED_LINK_LIFE_MS / (24 * 60 * 60_000);

export const askForEmailed = (way: WayToMessage['kind']): Ask =>
  way === 'press'
    ? {
        title: t`Your message is here`,
        text: t`It is shown once. Have a place ready for what stands in it.`,
        button: t`Show it now`,
      }
    : {
        title: t`Your message is here`,
        text: t`It is shown once. First Latchkey asks you in chat whether it is you, so have Slack or Teams open.`,
        button: t`Go on`,
      };

export const writeFirst = (): MessagePage => ({
  title: t`Write to Latchkey first`,
  text: t`Latchkey has to ask you in chat whether it is you, and you have no direct conversation there yet. Write "hello" to Latchkey in Slack or Teams, then press the button.`,
  button: t`Go on`,
});

/** How to get a message again that nobody can see any more. */
const requestAgain = () =>
  t`If you still need it, request the access again, or ask the admin or manager who granted it.`;

export function emailedNoMore(kind: Exclude<FoundLink['kind'], 'good'>): Refusal {
  switch (kind) {
    case 'unknown':
      return [
        404,
        {
          title: t`This link leads nowhere`,
          text: t`It may be incomplete, or what it led to was deleted. ${requestAgain()}`,
        },
      ];
    case 'gone':
      return [410, emailedGone()];
    case 'early':
      return [
        409,
        {
          title: t`Your message is not ready yet`,
          text: t`Latchkey is still sending it. Open the link again in a few minutes.`,
        },
      ];
    case 'expired':
      return [
        410,
        {
          title: t`This link is too old`,
          text: t`It was good for ${DAYS} days, and the message is gone. ${requestAgain()}`,
        },
      ];
    case 'shown':
      return shownAlready();
    case 'stopped':
      return [
        403,
        {
          title: t`This link was stopped`,
          text: t`Someone pressed another number in chat, or said that they had not opened it, so the message is gone. ${requestAgain()}`,
        },
      ];
    default:
      return unreachable(kind);
  }
}

export const emailedGone = (): MessagePage => ({
  title: t`This link leads nowhere any more`,
  text: t`The access that the message is about was deleted, or its person has left. If that is wrong, ask your Latchkey admin.`,
});
