/** Whether Latchkey works, and which apps need someone. No app is asked for it. */
import { sayStored } from '../../core/stored-sentence.ts';
import { plural, sayNumber, sentences, t } from '../../core/translate.ts';
import { givenUp } from '../../engine/event-endpoints/given-up.ts';
import { type AppTrouble, health, troubledApps } from '../../engine/overview/health.ts';
import { labelOf } from '../../engine/people/directory.ts';
import { type StillRule, stillWords } from '../../engine/rules/still-rules.ts';
import { countApps } from './app-pages.ts';
import { around, pageOf, ROWS, type Turn } from './turn.ts';
import type { Cell, Table, View } from './views.ts';

/** A worker gives a sign of life every five seconds, but may lose the database for this long. */
const SILENT_MS = 30_000;

export async function healthPage(turn: Turn): Promise<View> {
  const { frame } = turn;
  const page = pageOf(turn, ROWS);
  const [itself, apps] = await Promise.all([latchkey(turn), troubledApps(turn.stores)]);
  const shown = apps.slice(page.offset, page.offset + page.limit);
  return {
    title: t`Health`,
    about: t`What works now, and what needs someone.`,
    tab: 'health',
    tables: [
      itself,
      {
        heading: t`Apps that need someone`,
        counted: countApps(apps.length),
        columns: [t`App`, t`What is wrong`, t`Last good answer`],
        rows: shown.map((app): Cell[] => [
          {
            text: labelOf(app.integration),
            url: `${frame.root}/apps/${app.integration.id}`,
          },
          { text: troubleWords(app, turn).join(' ') },
          { text: app.okAt ? turn.words.time(app.okAt, turn.zone) : t`none yet` },
        ]),
      },
    ],
    ...around('health', { total: apps.length, page, turn }),
    file: `${frame.root}/health.csv`,
  };
}

async function latchkey({ stores, words, zone, frame, now }: Turn): Promise<Table> {
  const [found, endpoints] = await Promise.all([health(stores), givenUp(stores)]);
  const at = (time: Date): string => words.time(time, zone);
  const row = (text: string, said: string, path?: string): Cell[] => [
    path === undefined ? { text } : { text, url: `${frame.root}/${path}` },
    { text: said },
  ];
  const { beat, runs, removals, still, sealed, unsealed, headSent, isHeadSent } = found;
  const isSilent = beat && Math.abs(now().getTime() - beat.getTime()) >= SILENT_MS;
  return {
    heading: t`Latchkey`,
    counted: '',
    columns: [t`What`, t`How it is`],
    rows: [
      row(
        t`Worker`,
        beat
          ? isSilent
            ? t`⚠ its last sign of life was on ${at(beat)}`
            : t`✓ it works`
          : t`⚠ none runs`,
      ),
      row(t`Runs under way or waiting`, sayNumber(runs['under-way'])),
      row(t`Failed runs`, sayNumber(runs.failed)),
      row(t`Runs that are not confirmed`, sayNumber(runs.unknown)),
      row(t`Stuck removals`, sayNumber(removals.stuck), 'removals?state=stuck'),
      row(t`Removals by hand`, sayNumber(removals['by-hand']), 'removals?state=by-hand'),
      row(t`Rules that stand still`, sayStill(still)),
      row(
        t`Event endpoints that Latchkey turned off`,
        endpoints.length === 0
          ? sayNumber(0)
          : t`⚠ ${sayNumber(endpoints.length)}: ${endpoints.map(({ name }) => name).join(', ')}. Their cards in chat say what to do.`,
      ),
      row(
        t`Last sealed entry of the audit log`,
        sentences(
          sealed
            ? t`Entry ${sayNumber(sealed.seq)}, sealed on ${at(sealed.at)}.`
            : t`Nothing is sealed yet.`,
          unsealed > 0 &&
            plural(unsealed, {
              one: t`1 entry waits.`,
              other: t`${sayNumber(unsealed)} entries wait.`,
            }),
        ),
      ),
      row(
        t`Last head of the audit log that was sent`,
        headSent
          ? t`Up to entry ${sayNumber(headSent.seq)}, sent on ${at(headSent.at)}`
          : isHeadSent
            ? t`nothing was sent yet`
            : t`⚠ none: an admin chooses in the settings where to send it`,
      ),
    ],
  };
}

/** A health page has a few words for each thing; the rules' own cards have the rest. */
const STILL_NAMED = 5;

function sayStill(still: readonly StillRule[]): string {
  if (still.length === 0) return sayNumber(0);
  const named = still
    .slice(0, STILL_NAMED)
    .map(({ rule, missing }) => `${rule.name}: ${stillWords(missing)}`);
  return t`⚠ ${sayNumber(still.length)}. ${named.join('; ')}. Their cards in chat say what to do.`;
}

/** One sentence for each thing that is wrong. */
export function troubleWords(app: AppTrouble, turn: Turn): readonly string[] {
  const { words, zone } = turn;
  const { integration, state, list, unknown, stuck } = app;
  const at = (time: Date): string => words.time(time, zone);
  const isReady = state.kind === 'ready' || state.kind === 'manual' || state.kind === 'off';
  return [
    !isReady && `${words.app(state)}.`,
    app.notRenewedAt && t`Its connection couldn't be renewed on ${at(app.notRenewedAt)}.`,
    app.import?.state === 'failed' &&
      t`The import failed on ${at(app.import.finishedAt)}: ${sayStored(app.import.error.message)}`,
    app.import?.state === 'ready' && t`An import waits for an admin.`,
    list && words.list(list, integration, zone),
    unknown > 0 &&
      plural(unknown, {
        one: t`1 access is not confirmed.`,
        other: t`${sayNumber(unknown)} accesses are not confirmed.`,
      }),
    stuck > 0 &&
      plural(stuck, {
        one: t`1 removal is stuck.`,
        other: t`${sayNumber(stuck)} removals are stuck.`,
      }),
  ].filter((each) => typeof each === 'string');
}
