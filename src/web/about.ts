/**
 * `/`, `/privacy` and `/terms`: what Latchkey is, what it keeps of people, and on what terms. Anyone can read them. The
 * Teams package names these addresses.
 */
import { readFileSync } from 'node:fs';
import { Router } from 'express';
import { t } from '../core/translate.ts';
import { PAGE_SCRIPT, type PageFrame, type PageLink, pageTemplate, sendHtml } from './pages.ts';

interface AboutPage extends PageFrame {
  readonly paragraphs: readonly string[];
  readonly links: readonly PageLink[];
}

const script = readFileSync(new URL('./pages/page.js', import.meta.url), 'utf8');
const render = pageTemplate<AboutPage>(new URL('./pages/about.mustache', import.meta.url));

/** @param base the path of our public address; empty where it has none */
export function aboutPages(base: string): Router {
  const router = Router();
  router.get('/', (_request, response) => sendHtml(response, 200, render(about(base))));
  router.get('/privacy', (_request, response) => sendHtml(response, 200, render(privacy(base))));
  router.get('/terms', (_request, response) => sendHtml(response, 200, render(terms(base))));
  router.get(PAGE_SCRIPT, (_request, response) => {
    response.type('text/javascript').send(script);
  });
  return router;
}

const about = (base: string): AboutPage => ({
  title: t`Latchkey`,
  paragraphs: [
    t`Latchkey is a bot in Slack and Microsoft Teams. It sets up people's accounts on their first day and removes them on their last.`,
    t`You don't sign in here. Everything begins in chat with Latchkey, which sends you a link when something needs a page.`,
  ],
  links: [
    { label: t`Privacy`, url: `${base}/privacy` },
    { label: t`Terms of use`, url: `${base}/terms` },
  ],
});

const privacy = (base: string): AboutPage => ({
  title: t`Privacy`,
  paragraphs: [
    t`Your company runs this Latchkey on its own machine and is responsible for its data. The makers of Latchkey receive none of it.`,
    t`It keeps your name, work address, phone, position, department, manager, buddy and dates; your chat user and language; and facts that apps need, such as a username.`,
    t`It also keeps which apps you have, had or requested, with reasons and approvals, and what you write to it.`,
    t`It reads no other messages. It sends an app only what your company's manifest for that app names.`,
    t`Secrets, answers, messages and files are encrypted. Most records are deleted after a set time. Your directory entry, offboardings and access reviews stay, and so does the audit log by default.`,
    t`Write "data" to Latchkey for a file with everything it keeps about you. An admin can erase a person, who then is only in backups from before. For questions, ask your Latchkey admin.`,
  ],
  links: [{ label: t`Back`, url: `${base}/` }],
});

const terms = (base: string): AboutPage => ({
  title: t`Terms of use`,
  paragraphs: [
    t`Your company decides who may use this Latchkey and for what. Its own rules for work systems apply here too.`,
    t`The software is under the Apache License 2.0: it comes without warranty, and its makers don't run this service.`,
    t`What you request, approve, grant and revoke is recorded with your name and the time. For questions, ask your Latchkey admin.`,
  ],
  links: [{ label: t`Back`, url: `${base}/` }],
});
