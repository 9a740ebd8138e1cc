/** People in Teams, each in a local client of their own, all in one browser. */
import type { Browser } from 'playwright-core';
import {
  startTeamsClient,
  type TeamsClientOptions,
  type TeamsPersona,
} from '../../../demo/teams-client.ts';
import { startConnector } from '../../bots/teams/connector/connector-double.ts';
import type { TestCompany } from '../company/company.ts';
import { LOCAL_MESSAGES } from '../local-teams.ts';
import { TeamsCards } from '../teams/teams-cards.ts';
import type { TeamsChat } from '../teams/teams-chat.ts';
import { openBrowser } from './browser.ts';
import { takesPictures } from './pictures.ts';
import { teamsBrowser } from './teams-browser.ts';
import { TeamsPage } from './teams-page.ts';

export interface TeamsClients<People extends readonly TeamsPersona[]> {
  /** For other pages than theirs. */
  readonly browser: Browser;
  /** In the order of the people. */
  readonly pages: { readonly [Index in keyof People]: TeamsChat };
  close(): Promise<void>;
}

/**
 * In Microsoft's client where pictures are taken, which only that can draw; else their cards are read as they were sent.
 * @param company with `TEAMS_LOCAL`
 */
export async function openTeamsClients<const People extends readonly TeamsPersona[]>(
  { app }: TestCompany,
  people: People,
): Promise<TeamsClients<People>> {
  const endpoint = `${app.url}${LOCAL_MESSAGES}`;
  const connector = takesPictures ? undefined : await startConnector();
  const open = async (persona: TeamsPersona) =>
    connector
      ? { page: await TeamsCards.visit(persona, connector, endpoint) }
      : openTeamsClient({ persona, endpoint });
  const [browser, ...opened] = await Promise.all([openBrowser(), ...people.map(open)]);
  return {
    browser,
    pages: opened.map(({ page }) => page) as unknown as TeamsClients<People>['pages'], // One for each.
    async close() {
      await browser.close();
      await Promise.all(opened.map(async (one) => 'close' in one && one.close()));
      await connector?.stop();
    },
  };
}

export interface OpenTeamsClient {
  readonly page: TeamsPage;
  /** Of the page. */
  readonly url: string;
  close(): Promise<void>;
}

/** A client without its log, and its page, beside those of other clients. */
export async function openTeamsClient(options: TeamsClientOptions): Promise<OpenTeamsClient> {
  const { scriptOrigin } = await teamsBrowser();
  const client = await startTeamsClient({ ...options, hidesLog: true, scriptOrigin });
  try {
    const page = await visitTeamsClient(client.url);
    return {
      page,
      url: client.url,
      async close() {
        await page.close();
        await client.stop();
      },
    };
  } catch (error) {
    await client.stop();
    throw error;
  }
}

/** The page of a client that has its script from the shared browser, beside those of other clients. */
export async function visitTeamsClient(url: string): Promise<TeamsPage> {
  const shared = await teamsBrowser();
  await shared.keepScript(url);
  return TeamsPage.visit(shared.context, url);
}
