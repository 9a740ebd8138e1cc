/** A pack of evidence: of a period, and perhaps of one person or one app. */
import { isDay } from '../../core/day.ts';
import { addDays, dayIn, startOfDay } from '../../core/days.ts';
import { t } from '../../core/translate.ts';
import { fullName, type Integration, labelOf, type Person } from '../../engine/people/directory.ts';
import { EVIDENCE_MS, type Export, evidenceAbout } from '../../engine/work/exports.ts';
import { appChoices, queryOf, type Turn } from './turn.ts';
import type { View } from './views.ts';

interface EvidenceFilter {
  /** ISO dates, both included. */
  readonly from: string;
  readonly until: string;
  readonly app: Integration | undefined;
  readonly person: Person | undefined;
  /** An address names someone or something that is no longer here. */
  readonly isLost: boolean;
}

async function wantedIn({ query, zone, now, stores }: Turn): Promise<EvidenceFilter> {
  const today = dayIn(zone, now());
  const day = (name: string, otherwise: string): string => {
    const given = query.get(name) ?? '';
    return isDay(given) && given <= today ? given : otherwise;
  };
  const [appId, personId] = [query.get('app') ?? '', query.get('person') ?? ''];
  const [app, person] = await Promise.all([
    appId === '' ? undefined : stores.integrations.find(appId),
    personId === '' ? undefined : stores.people.find(personId),
  ]);
  const began = day('from', dayIn(zone, new Date(now().getTime() - EVIDENCE_MS)));
  // Entered the wrong way round, it is that period all the same: a pack of none would say that nothing happened.
  const [from = began, until = today] = [began, day('until', today)].toSorted();
  return {
    from,
    until,
    app,
    person,
    isLost: (appId !== '' && !app) || (personId !== '' && !person),
  };
}

export async function evidencePage(turn: Turn): Promise<View | undefined> {
  const { stores, words, zone, frame } = turn;
  const wanted = await wantedIn(turn);
  if (wanted.isLost) return undefined;
  const { from, until, app, person } = wanted;
  const head = await stores.auditChain.head();
  const about = { from, until, app: app?.id ?? '', person: person?.id ?? '' };
  return {
    title: t`Evidence`,
    tab: 'evidence',
    about: t`One file for an auditor: who got and lost access, why, who approved it, and what the app answered. "latchkey verify" finds any change of it.`,
    filters: {
      selects: [
        {
          name: 'app',
          label: t`App`,
          shown: about.app,
          all: appChoices(await stores.integrations.list()),
        },
      ],
      days: [
        { name: 'from', label: t`From`, value: from },
        { name: 'until', label: t`Until and including`, value: until },
      ],
      kept: { person: about.person },
    },
    tables: [
      {
        counted: '',
        columns: [t`What`, t`In the file`],
        rows: [
          [{ text: t`Period` }, { text: t`${words.day(from)} until ${words.day(until)}` }],
          [
            { text: t`Person` },
            person
              ? { text: fullName(person), url: `${frame.root}/people/${person.id}` }
              : { text: t`Everyone` },
          ],
          [{ text: t`App` }, { text: app ? labelOf(app) : t`Every app` }],
          [
            { text: t`Audit log` },
            {
              text: head
                ? t`up to entry ${head.seq}, sealed on ${words.time(new Date(head.sealedAt), zone)}`
                : t`nothing is sealed yet`,
            },
          ],
        ],
      },
    ],
    file: `${frame.root}/evidence.zip?${queryOf(about)}`,
    fileLabel: t`Save the pack (ZIP)`,
  };
}

/** Undefined where it would be about someone or something else than its address says. */
export async function evidenceFile(turn: Turn): Promise<Export | undefined> {
  const { stores, zone, now, reader } = turn;
  const { from, until, app, person, isLost } = await wantedIn(turn);
  if (isLost) return undefined;
  const filter = {
    from: startOfDay(from, zone).getTime(),
    before: startOfDay(addDays(until, 1), zone).getTime(),
    personId: person?.id,
    integrationId: app?.id,
  };
  return evidenceAbout({ filter }, { stores, now: now(), taker: reader });
}
