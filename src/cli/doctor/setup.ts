/** Checks which parts of Latchkey are set up, and whether they still work. */
import type { Knex } from 'knex';
import type { Config } from '../../config/config.ts';
import { compact } from '../../core/compact.ts';
import { isOver } from '../../core/days.ts';
import { DAY_MS, MINUTE_MS } from '../../core/hours.ts';
import { sayStored } from '../../core/stored-sentence.ts';
import { plural } from '../../core/translate.ts';
import { unreachable } from '../../core/unreachable.ts';
import { givenUp } from '../../engine/event-endpoints/given-up.ts';
import { stateOf } from '../../engine/integrations/integration-state.ts';
import { type NameClash, nameClashes } from '../../engine/integrations/stored-names.ts';
import { problemText } from '../../engine/manifest/problem.ts';
import { checkHere } from '../../engine/manifest/workspace-check.ts';
import type { Integration, Person } from '../../engine/people/directory.ts';
import type { Stores } from '../../engine/ports/unit-of-work.ts';
import { missingInFull, stillRules, stillWords } from '../../engine/rules/still-rules.ts';
import {
  type Configured,
  SLACK_REMOVAL,
  slackRemovedAt,
} from '../../engine/settings/set-up-memory.ts';
import { type SetUpStep, setUpSteps, withoutChat } from '../../engine/settings/setting-up.ts';
import { isUnusual, missedDays } from '../../engine/work/purge.ts';
import { damagedRows, damagedWords } from '../../store/json-columns.ts';
import { shownTime } from '../output.ts';
import { type Finding, fine, problem, warning } from './finding.ts';

const WORKER = 'Worker';
const INTEGRATIONS = 'Integrations';
const EVENTS = 'Events';

/** A worker sends a heartbeat every five seconds, but may lose the database for this long. */
const SILENT_MS = 30_000;

/** A busy worker takes each job within a minute or so. */
const MAX_WAIT_MS = 10 * MINUTE_MS;

/** @param waitMs for how long the oldest job that is due has waited */
export async function checkWorker(stores: Stores, now: Date, waitMs: number): Promise<Finding> {
  const beat = await stores.workers.lastBeat();
  if (!beat) return warning(WORKER, 'No worker runs', 'Run "latchkey start", which starts one.');
  if (Math.abs(now.getTime() - beat.getTime()) >= SILENT_MS)
    // One that is yet to come is of a clock that was ahead.
    return problem(
      WORKER,
      `Its last sign of life was on ${shownTime(beat)}`,
      'If Latchkey is running, its log says why; restart it. Compare the clocks of the machines, too.',
    );
  return waitMs < MAX_WAIT_MS
    ? fine(WORKER, 'It works')
    : warning(
        WORKER,
        `It lives, but a job has been due for ${Math.floor(waitMs / MINUTE_MS)} minutes`,
        'Look at its log, and at "latchkey status" after a minute: if the job still waits then, restart Latchkey.',
      );
}

export async function checkIntegrations(stores: Stores): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  let ready = 0;
  for (const integration of await stores.integrations.list()) {
    const finding = await checkIntegration(stores, integration);
    const found = finding ?? (await refusedManifest(stores, integration));
    if (found) findings.push(found);
    else ready += 1;
  }
  if (ready > 0)
    findings.unshift(
      fine(INTEGRATIONS, plural(ready, { one: '1 is ready', other: `${ready} are ready` })),
    );
  return findings;
}

/** Finds a name with values of two integrations, from before names had owners. */
export async function checkNames(stores: Stores): Promise<readonly Finding[]> {
  return (await nameClashes(stores)).map((clash) =>
    problem(
      INTEGRATIONS,
      clashInWords(clash),
      `Use another name in the manifest of ${clash.integration.name}, also where it is used, and grant it again to everyone who has it.`,
    ),
  );
}

function clashInWords({ name, integration, owned, owner, how }: NameClash): string {
  if (name !== owned)
    return `${integration.name} stores ${name} with people, which can be taken for ${owned}, which ${owner.name} ${how === 'asked' ? 'asks people for' : 'stores'}`;
  return how === 'asked'
    ? `${integration.name} stores an app's answer as ${name}, which ${owner.name} asks people for`
    : `${integration.name} and ${owner.name} both store ${name} with people, so each may use what the other one stored`;
}

async function checkIntegration(
  stores: Stores,
  integration: Integration,
): Promise<Finding | undefined> {
  const { name } = integration;
  const state = await stateOf(stores, integration);
  switch (state.kind) {
    case 'ready':
      return refreshing(stores, integration);
    case 'off':
    case 'deleting':
    case 'manual':
      return undefined;
    case 'needs-secrets':
      return warning(
        INTEGRATIONS,
        `${name} lacks ${state.missing.join(', ')}`,
        'Press Enter secrets on its card in chat, or use "latchkey integration secrets".',
      );
    case 'needs-connecting':
      return warning(
        INTEGRATIONS,
        `${name} is not connected`,
        'Press Connect on its card in chat ("integrations").',
      );
    case 'reconnect':
      return problem(
        INTEGRATIONS,
        `${name} no longer accepts its connection${await whyNotRenewed(stores, integration)}`,
        'Press Reconnect on its card in chat ("integrations").',
      );
    case 'unreadable':
      return problem(
        INTEGRATIONS,
        `The manifest of ${name} can't be read by this version`,
        'Edit it in chat ("integrations") and save it again.',
      );
    default:
      return unreachable(state);
  }
}

/** The manifest was saved before a rule that refuses it, so the refused part no longer works. */
async function refusedManifest(
  stores: Stores,
  { name, manifestVersionId, deletingSince }: Integration,
): Promise<Finding | undefined> {
  const version = await stores.integrations.findVersion(manifestVersionId);
  const checked = version && !deletingSince && (await checkHere(stores, version.manifest));
  if (!checked || checked.ok) return undefined;
  const [first] = checked.errors;
  const others = checked.errors.length - 1;
  return problem(
    INTEGRATIONS,
    `The manifest of ${name} breaks today's rules: ${first ? problemText(first) : ''}${others > 0 ? `, and ${others} more` : ''}`,
    'Edit it in chat ("integrations") and save it again.',
  );
}

/** The token is still valid, but its last refresh failed. */
async function refreshing(stores: Stores, integration: Integration): Promise<Finding | undefined> {
  const why = await whyNotRenewed(stores, integration);
  return why === ''
    ? undefined
    : warning(
        INTEGRATIONS,
        `The connection of ${integration.name} could not be renewed${why}`,
        'Latchkey tries again. If this stays, press Reconnect on its card in chat.',
      );
}

/** As the end of a sentence without its full stop; empty where no renewal failed. */
async function whyNotRenewed(stores: Stores, { id }: Integration): Promise<string> {
  const failure = (await stores.oauth.find(id))?.failure;
  return failure ? `: ${sayStored(failure.why).replace(/\.$/, '')}` : '';
}

/** They do nothing until an import has brought what they compare. */
export async function checkRules(stores: Stores): Promise<readonly Finding[]> {
  return Promise.all(
    (await stillRules(stores))
      .filter(({ missing }) => missing.length > 0)
      .map(async ({ rule, missing }) => {
        const next = await Promise.all(missing.map((each) => missingInFull(stores, each)));
        return warning(
          'Rules',
          `${rule.name} stands still: ${stillWords(missing)}`,
          next.join(' '),
        );
      }),
  );
}

/** Rows that are left out, or read with something safe in their place. */
export async function checkRows(db: Knex): Promise<readonly Finding[]> {
  return (await damagedRows(db)).map((row) => {
    const { what, next } = damagedWords(row);
    return problem('Database', what, next);
  });
}

/** Addresses that get no events, though no admin turned them off. */
export async function checkEndpoints(stores: Stores): Promise<readonly Finding[]> {
  const [off, unreadable] = await Promise.all([
    givenUp(stores),
    stores.eventEndpoints.unreadable(),
  ]);
  return [
    ...off.map(({ name, why }) =>
      warning(
        EVENTS,
        `Latchkey turned ${name} off, since ${why === 'gone' ? 'it answered that it no longer exists (410)' : 'all tries failed for days'}`,
        'Repair the receiver, then press Turn on on its card in chat ("events"): Latchkey sends what happened since.',
      ),
    ),
    ...unreadable.map(({ name }) =>
      problem(
        EVENTS,
        `What was stored about ${name} can't be read, so nothing is sent there`,
        `If the key was lost or the row is damaged, use "latchkey event-endpoint remove '${name}'" and add it again.`,
      ),
    ),
  ];
}

/** Whether a running Latchkey found that Slack's admins removed it. Slack's answer to the token is in another finding. */
export async function checkRemoval(stores: Stores): Promise<readonly Finding[]> {
  const at = await slackRemovedAt(stores);
  const since = at?.toISOString().slice(0, 10);
  return at
    ? [problem('Slack', `${SLACK_REMOVAL.what}, on ${since}`, `${SLACK_REMOVAL.next}.`)]
    : [];
}

/** Without an admin nothing else can be set up, so this is said before the rest. */
export async function checkAdmins(
  stores: Stores,
  { adminEmails, timeZone, now }: Pick<Config, 'adminEmails' | 'timeZone'> & { readonly now: Date },
): Promise<readonly Finding[]> {
  const [only, other] = await stores.people.admins();
  if (only && !other) return stayingAdmin(stores, only, { timeZone, now });
  if (only) return [];
  return [
    noAdmin(
      adminEmails.length > 0
        ? 'Start Latchkey, or restart it if it runs: then the people whom ADMIN_EMAILS names are admins.'
        : `${SET_ADMINS}, and start Latchkey again.`,
    ),
  ];
}

const SET_ADMINS =
  'Set ADMIN_EMAILS to the addresses of the first admins, like ADMIN_EMAILS=ann@example.com';

const noAdmin = (cure: string): Finding => warning('Admins', 'There is no admin yet', cure);

/** Before the first start, what the configuration alone lacks. */
export function checkFirstStart({ adminEmails, slack, teams }: Config): {
  readonly admins: readonly Finding[];
  readonly setUp: readonly Finding[];
} {
  return {
    admins: adminEmails.length === 0 ? [noAdmin(`${SET_ADMINS}, before the first start.`)] : [],
    setUp: slack || teams ? [] : [ofStep(withoutChat())],
  };
}

/** The only admin, whose last day is over: who is to see it in chat may be gone. */
async function stayingAdmin(
  { offboardings }: Stores,
  admin: Person,
  { timeZone, now }: { readonly timeZone: string; readonly now: Date },
): Promise<readonly Finding[]> {
  const leaving = await offboardings.current(admin.id);
  if (leaving?.state !== 'planned' || !isOver(leaving.endDate, admin.timeZone ?? timeZone, now))
    return [];
  return [
    problem(
      'Admins',
      `The last day of ${admin.email} was ${leaving.endDate}, but they are the only admin, so they keep their role and all access`,
      'Make someone else an admin: add their address to ADMIN_EMAILS, and start Latchkey again. The offboarding then begins within a minute.',
    ),
  ];
}

/** A clock is never so much ahead by itself. */
const AHEAD_MS = 2 * DAY_MS;
const NAMED = 3;

/**
 * Access for hours that was granted while a clock was far ahead ends as much too late. Latchkey moves the end of a few; where they are
 * many, only a person knows which clock is right.
 */
async function endsTooLate(stores: Stores, now: Date): Promise<Finding | undefined> {
  const { holds } = await stores.holds.startedAfter(new Date(now.getTime() + AHEAD_MS));
  if (holds.length === 0) return undefined;
  const ids = [...new Set(holds.map(({ personId }) => personId))];
  const people = await stores.people.findMany(ids.slice(0, NAMED));
  const names = compact([...people.map(({ email }) => email), ids.length > NAMED && '…']);
  return warning(
    'Clock',
    `Access with an end was granted at a time that is yet to come (${holds.length}), so it ends too late: ${names.join(', ')}`,
    'The clock of this machine is behind now, or was ahead then. If it was ahead, look with "latchkey access PERSON", revoke what ends too late, and grant it again.',
  );
}

async function keptLonger(stores: Stores, now: Date): Promise<Finding | undefined> {
  const missed = await missedDays(stores, now);
  if (!isUnusual(missed)) return undefined;
  return warning(
    'Clock',
    `Old data is kept ${missed} days longer for now: by this clock, Latchkey did not run on so many days`,
    'If the clock of this machine is right, there is nothing to do: the data is deleted when Latchkey has run on each day of a week. If it is ahead, set it right before then: what is deleted is gone for good.',
  );
}

export const checkClock = async (stores: Stores, now: Date): Promise<readonly Finding[]> =>
  compact([await endsTooLate(stores, now), await keptLonger(stores, now)]);

/** Other checks report these in other words. */
const TOLD_ELSEWHERE = new Set(['secrets', 'connection', 'public-url', 'mail']);

export async function checkSetUp(
  stores: Stores,
  configured: Configured,
): Promise<readonly Finding[]> {
  const steps = await setUpSteps(stores, configured);
  return steps.filter(({ id }) => !TOLD_ELSEWHERE.has(id)).map(ofStep);
}

const ofStep = ({ state, sentence, next }: SetUpStep): Finding =>
  state === 'done' ? fine('Setup', sentence) : warning('Setup', sentence, next);
