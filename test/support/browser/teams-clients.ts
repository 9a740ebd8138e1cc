/** People in Teams, each in a local client of their own, all in one browser. */

import type { Browser } from 'playwright-core';
import { startTeamsClient, type TeamsPersona } from '../../../demo/teams-client.ts';
import type { TestCompany } from '../company/company.ts';
import { besideMigrated } from '../company/migrated-file.ts';
import { LOCAL_MESSAGES } from '../local-teams.ts';
import { openBrowser } from './browser.ts';
import { TeamsPage } from './teams-page.ts';

/** A new hire of the demo's company, who has no client there. */
export const ANN = {
  objectId: '00000000-0000-0000-0000-0000000000a3',
  givenName: 'Ann',
  surname: 'Lee',
  email: 'ann.lee@harbour.example',
} as const;

export interface TeamsClients<People extends readonly TeamsPersona[]> {
  readonly browser: Browser;
  /** In the order of the people. */
  readonly pages: { readonly [Index in keyof People]: TeamsPage };
  close(): Promise<void>;
}

/** @param company with `TEAMS_LOCAL` */
export async function openTeamsClients<const People extends readonly TeamsPersona[]>(
  { app }: TestCompany,
  people: People,
): Promise<TeamsClients<People>> {
  const endpoint = `${app.url}${LOCAL_MESSAGES}`;
  const codeCache = besideMigrated('teams-client.code');
  const clients = await Promise.all(
    people.map((persona) => startTeamsClient({ persona, endpoint, codeCache })),
  );
  const browser = await openBrowser();
  const pages = await Promise.all(clients.map(({ url }) => TeamsPage.visit(browser, url)));
  return {
    browser,
    pages: pages as TeamsClients<People>['pages'], // One for each of them.
    async close() {
      await browser.close();
      await Promise.all(clients.map((client) => client.stop()));
    },
  };
}
