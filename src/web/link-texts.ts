/** The texts of link pages. Each purpose has its own: some links show something once, others open a page. */
import { DAY_MS, MINUTE_MS } from '../core/hours.ts';
import { t } from '../core/translate.ts';
import { unreachable } from '../core/unreachable.ts';
import { isReveal, type LinkPurpose } from '../engine/links/link.ts';
import { LINK_LIFE_MS, type LinkState } from '../engine/links/links.ts';
import { SESSION_LIFE_MS, type SessionPurpose } from '../engine/links/web-sessions.ts';
import { EMAILED_LINK_LIFE_MS } from '../engine/messages/delivery.ts';
import type { FoundLink, WayToMessage } from '../engine/messages/emailed-links.ts';
import type { MessagePage } from './pages.ts';

export interface Ask extends MessagePage {
  readonly button: string;
}
type Refusal = readonly [status: number, page: MessagePage];

const minutes = (ms: number): string => t`${ms / MINUTE_MS} minutes`;
const again = (purpose?: LinkPurpose): string =>
  purpose === 'emailed'
    ? requestAgain()
    : t`Go back to chat and get a new link there, the same way you got this one.`;

export const waiting = (code: string): MessagePage => ({
  title: t`Is this you?`,
  text: t`In your direct chat, Latchkey asks which number you see here. Press it there, and this page continues.`,
  code,
});
export const shownOnce = () => t`You can see this only now. Copy it before you close this page.`;

/** The question of a confirmed link, before it opens its page. */
export function askToOpen(purpose: SessionPurpose, name: string): Ask {
  switch (purpose) {
    case 'secrets':
      return {
        title: t`Set up ${name}`,
        text: t`Here you enter what Latchkey needs for ${name}, such as keys and passwords. The page expires after ${minutes(SESSION_LIFE_MS.secrets)}, so have them ready.`,
        button: t`Open the page`,
      };
    case 'connect':
      return {
        title: t`Connect ${name}`,
        text: t`You go to ${name}, sign in and allow Latchkey to use it; then you come back here. You have ${minutes(SESSION_LIFE_MS.connect)} for this.`,
        button: t`Continue to ${name}`,
      };
    case 'manifest':
      return {
        title: t`The manifest of ${name}`,
        text: t`The editor stays open for ${minutes(SESSION_LIFE_MS.manifest)}. Anything you haven't saved by then is lost.`,
        button: t`Open the editor`,
      };
    case 'export':
      return {
        title: t`Your file from Latchkey`,
        text: t`You can save the file on the next page, which expires after ${minutes(SESSION_LIFE_MS.export)}.`,
        button: t`Continue`,
      };
    case 'bundles':
      return {
        title: t`Bundles`,
        text: t`The page stays open for ${minutes(SESSION_LIFE_MS.bundles)}. What you save there counts at once; anything you haven't saved by then is lost.`,
        button: t`Open the page`,
      };
    case 'overview':
      return {
        title: t`Overview`,
        text: t`You can read there who has what, and why. Nothing can be changed. The page stays open for ${minutes(SESSION_LIFE_MS.overview)}.`,
        button: t`Open the page`,
      };
    case 'authenticator':
      return {
        title: t`Your authenticator`,
        text: t`The next page shows a code to scan with an authenticator app on your phone. Install one first if you have none. You have ${minutes(SESSION_LIFE_MS.authenticator)} for this.`,
        button: t`Open the page`,
      };
    default:
      return unreachable(purpose);
  }
}

/** Why a link can't be used. */
export function whyNot(looked: Exclude<LinkState, { kind: 'good' }>): Refusal {
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
  isReveal(purpose) ? shownAlready() : openedAlready();

/** There is nothing to show any more, and nobody has seen it by this link. */
export const nothingLeft = (purpose: LinkPurpose): Refusal => [
  410,
  purpose === 'emailed' ? emailedGone() : purpose === 'api-token' ? noToken() : deleted(),
];

const unknown = (): Refusal => [
  404,
  { title: t`This link doesn't work`, text: t`It may be incomplete. ${again()}` },
];
const tooOld = (): Refusal => [
  410,
  {
    title: t`This link has expired`,
    text: t`Links work for ${minutes(LINK_LIFE_MS)}. ${again()}`,
  },
];
const stopped = (): Refusal => [
  403,
  {
    title: t`This link was blocked`,
    text: t`Someone pressed another number in chat, or said they hadn't opened it. ${again()}`,
  },
];
const shownAlready = (): Refusal => [
  410,
  {
    title: t`This has already been shown`,
    text: t`It is shown only once. If that wasn't you, tell your Latchkey admin now.`,
  },
];
const deleted = (): MessagePage => ({
  title: t`There is nothing left to see here`,
  text: t`It was deleted, or you may no longer see it. Nothing was shown.`,
});
/** It is made when it is shown. */
const noToken = (): MessagePage => ({
  title: t`No token was created`,
  text: t`There is one with this name already, or you may have no more of them. ${again()}`,
});
const openedAlready = (): Refusal => [
  410,
  {
    title: t`This link has already been used`,
    text: t`A link opens its page once, in one browser. ${again()} If you didn't open it, tell another Latchkey admin now.`,
  },
];

export const elsewhere = (purpose: LinkPurpose): MessagePage => ({
  title: t`This link is open in another browser`,
  text:
    purpose === 'emailed'
      ? t`It works in only one. Continue in the browser where you last opened it.`
      : t`It works in only one. ${again()}`,
});
export const tooOften = (purpose: LinkPurpose): MessagePage => ({
  title: t`This link was opened too often`,
  text: t`Too many browsers have opened it. ${again(purpose)}`,
});
export const notConfirmed = (): MessagePage => ({
  title: t`This was not confirmed`,
  text: t`Open the link again, then press the number it shows in your direct chat with Latchkey.`,
});

// The reader comes from an email and may not know Latchkey.

const DAYS = EMAILED_LINK_LIFE_MS / DAY_MS;

export const askForEmailed = (way: WayToMessage['kind']): Ask =>
  way === 'press'
    ? {
        title: t`Your message is ready`,
        text: t`You can see it only once, so have a safe place ready for it.`,
        button: t`Show it now`,
      }
    : {
        title: t`Your message is ready`,
        text: t`You can see it only once. Latchkey first asks you in chat to confirm that it's you, so have Slack or Teams open.`,
        button: t`Continue`,
      };

export const writeFirst = (): MessagePage => ({
  title: t`Write to Latchkey first`,
  text: t`Latchkey has to confirm in chat that it's you, but you have no direct chat with it yet. Write "hello" to Latchkey in Slack or Teams, then press the button.`,
  button: t`Continue`,
});

/** How to get a message again that nobody can see any more. */
const requestAgain = () =>
  t`If you still need it, request access again, or ask the admin or manager who granted it.`;

export function emailedNoMore(kind: Exclude<FoundLink['kind'], 'good'>): Refusal {
  switch (kind) {
    case 'unknown':
      return [
        404,
        {
          title: t`This link doesn't work`,
          text: t`It may be incomplete, or the message was deleted. ${requestAgain()}`,
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
          title: t`This link has expired`,
          text: t`It worked for ${DAYS} days, and the message has been deleted. ${requestAgain()}`,
        },
      ];
    case 'shown':
      return shownAlready();
    case 'stopped':
      return [
        403,
        {
          title: t`This link was blocked`,
          text: t`Someone pressed another number in chat, or said they hadn't opened it, so the message was deleted. ${requestAgain()}`,
        },
      ];
    default:
      return unreachable(kind);
  }
}

const emailedGone = (): MessagePage => ({
  title: t`This link no longer works`,
  text: t`The app that the message is about was deleted, its person has left, or the address is no longer theirs. If that's wrong, ask your Latchkey admin.`,
});
