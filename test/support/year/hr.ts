/**
 * The company as its HR system knows it: who joins, moves, leaves and comes back on which day, and what the system answers, which
 * is late, wrong for a day and put right. `now` of a person is the truth; `rowsOn` is what an import reads.
 */
import { addDays } from '../../../src/core/days.ts';
import { unreachable } from '../../../src/core/unreachable.ts';

export interface Employee {
  /** Stays with a person, whatever becomes of their address. */
  readonly number: string;
  readonly email: string;
  readonly first: string;
  readonly last: string;
  readonly department: string;
  readonly position: string;
  readonly city: string;
  /** The manager's number. */
  readonly boss?: string;
  /** ISO dates. */
  readonly start: string;
  readonly end?: string;
}

const DEPARTMENTS = ['Engineering', 'Product', 'Sales', 'Finance', 'Support'] as const;
const CITIES = ['Berlin', 'Vienna', 'Oslo'] as const;
const POSITIONS = ['Engineer', 'Analyst', 'Consultant', 'Clerk'] as const;
/** People whom one lead manages. */
const TEAM = 7;

/** A year's changes of 1,000 people. */
const RATES = { joiners: 120, moves: 300, leavers: 100, names: 40 };
/** How long the source goes on listing someone who has left. */
const LISTED_DAYS = 45;

const weathers = [
  'right',
  'late',
  'down',
  'vanished',
  'many-ends',
  'few-ends',
  'cycle',
  'twice',
  'cut',
] as const;
/** What is wrong with the source on one day. */
export type Weather = (typeof weathers)[number];

export interface HrCounts {
  joiners: number;
  moves: number;
  leavers: number;
  rehires: number;
  renamed: number;
}

interface Later {
  readonly what: () => void;
  /** Whether it follows from someone's end. */
  readonly isOfEnd: boolean;
}

export interface Hr {
  /** Everyone who is or was employed, by number, as the truth is on the day that was lived last. */
  readonly employees: ReadonlyMap<string, Employee>;
  readonly counts: HrCounts;
  /** Numbers of people who moved, each with the day. */
  readonly moved: { readonly number: string; readonly day: string }[];
  /** What happens on a day. Nothing new in quiet times; what was begun still ends. */
  live(day: string, isQuiet: boolean): void;
  /** What the source says. */
  rowsOn(day: string, weather: Weather): readonly Employee[];
  isEmployed(employee: Employee, day: string): boolean;
}

export interface HrWish {
  readonly people: number;
  readonly firstDay: string;
  /** Years whose changes happen in one. */
  readonly pace: number;
  readonly random: () => number;
}

export function hrOf({ people, firstDay, pace, random }: HrWish): Hr {
  const employees = new Map<string, Employee>();
  const history: { readonly day: string; readonly rows: readonly Employee[] }[] = [];
  const later = new Map<string, Later[]>();
  let quietDays = 0;
  const counts: HrCounts = { joiners: 0, moves: 0, leavers: 0, rehires: 0, renamed: 0 };
  const moved: { number: string; day: string }[] = [];
  let numbers = 0;

  const chance = (share: number): boolean => random() < share;
  const int = (from: number, to: number): number => from + Math.floor(random() * (to - from + 1));
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
  const on = (day: string, what: () => void, isOfEnd = false): void => {
    later.set(day, [...(later.get(day) ?? []), { what, isOfEnd }]);
  };
  /** What was begun before. In quiet times only what someone's end brings, so that all is settled in the end. */
  const doPlanned = (day: string): void => {
    for (let due = later.get(day); due; due = later.get(day)) {
      later.delete(day);
      for (const { what, isOfEnd } of due) if (isOfEnd || quietDays <= 3) what();
    }
  };
  const set = (employee: Employee): void => void employees.set(employee.number, employee);
  const now = (number: string): Employee => {
    const found = employees.get(number);
    if (!found) throw new Error(`Nobody has the number ${number}`);
    return found;
  };
  const isEmployed = ({ start, end }: Employee, day: string): boolean =>
    start <= day && (end === undefined || end >= day);
  const staying = (): readonly Employee[] =>
    [...employees.values()].filter(({ end }) => end === undefined);
  const isLead = ({ position }: Employee): boolean =>
    position.includes('Lead') || position === 'Chief';
  const leadsOf = (department: string): readonly Employee[] =>
    staying().filter((each) => each.department === department && isLead(each));

  const nextNumber = (): string => `E${(numbers += 1)}`;
  function hire(start: string, about: Partial<Employee> = {}): Employee {
    const number = nextNumber();
    const department = about.department ?? pick(DEPARTMENTS);
    const boss = leadsOf(department);
    const employee: Employee = {
      number,
      email: `person.${number.slice(1)}@firm.example`,
      first: `First${number.slice(1)}`,
      last: `Last${number.slice(1)}`,
      department,
      position: pick(POSITIONS),
      city: pick(CITIES),
      ...(boss.length > 0 && { boss: pick(boss).number }),
      start,
      ...about,
    };
    set(employee);
    return employee;
  }

  const isSmall = people < 2 * DEPARTMENTS.length;
  const chief = hire(addDays(firstDay, -900), { position: 'Chief', department: 'Product' });
  for (const department of DEPARTMENTS) {
    const leads = Math.max(isSmall ? 1 : 2, Math.round(people / DEPARTMENTS.length / (TEAM + 1)));
    const head = hire(addDays(firstDay, -800), {
      department,
      position: 'Team Lead',
      boss: chief.number,
    });
    for (let lead = 1; lead < leads; lead += 1)
      hire(addDays(firstDay, -700), { department, position: 'Team Lead', boss: head.number });
  }
  while (employees.size < people) hire(addDays(firstDay, -int(10, 600)));

  /** The address of someone who left or was renamed, where one is free by now. */
  const freed: { readonly email: string; readonly from: string }[] = [];
  const inUse = (email: string): boolean =>
    [...employees.values()].some((each) => each.email === email && each.end === undefined);
  function freeAddress(day: string): string | undefined {
    const at = freed.findIndex(({ email, from }) => from <= day && !inUse(email));
    return at < 0 ? undefined : freed.splice(at, 1)[0]?.email;
  }

  function join(day: string): void {
    counts.joiners += 1;
    const reused = chance(0.15) ? freeAddress(day) : undefined;
    // Some are listed weeks before their start, some days after it.
    hire(addDays(day, int(-2, 12)), reused === undefined ? {} : { email: reused });
  }

  function move(day: string): void {
    const mover = pick(staying().filter((each) => each.start <= day && each.position !== 'Chief'));
    const before = mover;
    const kind = pick(['department', 'department', 'position', 'boss', 'city'] as const);
    const department = pick(DEPARTMENTS.filter((each) => each !== mover.department));
    const bosses = leadsOf(kind === 'department' ? department : mover.department).filter(
      ({ number }) =>
        number !== mover.number && number !== mover.boss && !isUnder(number, mover.number),
    );
    const boss = bosses.length > 0 ? { boss: pick(bosses).number } : {};
    const position = isLead(mover)
      ? pick(POSITIONS)
      : chance(0.2)
        ? 'Team Lead'
        : pick(POSITIONS.filter((each) => each !== mover.position));
    const changes: Partial<Employee> =
      {
        department:
          kind === 'department'
            ? { department, ...boss, ...(chance(0.3) && { position: pick(POSITIONS) }) }
            : undefined,
        position: kind === 'position' ? { position } : undefined,
        boss: kind === 'boss' ? boss : undefined,
        city:
          kind === 'city'
            ? { city: pick(CITIES.filter((each) => each !== mover.city)) }
            : undefined,
      }[kind] ?? {};
    if (Object.keys(changes).length === 0) return;
    set({ ...mover, ...changes });
    counts.moves += 1;
    moved.push({ number: mover.number, day });
    if (isLead(before) && !isLead(now(mover.number)))
      handOver(mover.number, addDays(day, int(0, 3)));
    if (chance(0.25))
      on(addDays(day, int(1, 7)), () => {
        const { department: was, position: did, boss: of, city: at } = before;
        if (now(mover.number).end !== undefined) return;
        set({
          ...now(mover.number),
          department: was,
          position: did,
          city: at,
          ...(of !== undefined && !isUnder(of, mover.number) && { boss: of }),
        });
        moved.push({ number: mover.number, day: addDays(day, 1) });
      });
    // The same day, or the day after: HR has them leave.
    if (chance(0.04)) leave(addDays(day, int(0, 1)), mover.number);
  }

  /** Whether `number` reports to `above`, directly or not. */
  function isUnder(number: string, above: string): boolean {
    const seen = new Set<string>();
    for (
      let at: string | undefined = number;
      at !== undefined && !seen.has(at);
      at = employees.get(at)?.boss
    ) {
      if (at === above) return true;
      seen.add(at);
    }
    return false;
  }

  /** Their reports get another manager, mostly some days late. */
  function handOver(number: string, day: string): void {
    const give = (): void => {
      for (const each of employees.values()) {
        if (each.boss !== number) continue;
        const others = leadsOf(each.department).filter(
          (lead) =>
            lead.number !== number &&
            lead.number !== each.number &&
            !isUnder(lead.number, each.number),
        );
        set({ ...each, boss: others.length > 0 ? pick(others).number : chief.number });
      }
    };
    on(day, give, true);
  }

  function leave(day: string, who?: string): void {
    const leaving =
      who === undefined
        ? pick(staying().filter((each) => each.start <= day && each.position !== 'Chief'))
        : now(who);
    const { number } = leaving;
    if (leaving.end !== undefined) return;
    // On the day, in some weeks, or HR is late by a day.
    const end = addDays(day, chance(0.08) ? -1 : pick([0, 0, 1, 7, 14]));
    on(day, () => {
      if (now(number).end !== undefined) return;
      set({ ...now(number), end });
      counts.leavers += 1;
      if ([...employees.values()].some(({ boss }) => boss === number))
        handOver(number, addDays(end, int(0, 3)));
      freed.push({ email: now(number).email, from: addDays(end, LISTED_DAYS) });
      // They stay after all; or they are back, while their access is being removed, or long after.
      if (chance(0.1) && end > day) on(addDays(day, 1), () => stay(number));
      else if (chance(0.25)) comeBack(number, addDays(end, pick([1, 2, 3, 20])));
    });
  }

  function stay(number: string): void {
    const { end: _, ...rest } = now(number);
    set(rest);
    counts.leavers -= 1;
  }

  function comeBack(number: string, day: string): void {
    on(day, () => {
      const { end: _, ...rest } = now(number);
      const leads = leadsOf(rest.department);
      if (inUse(rest.email)) return;
      counts.rehires += 1;
      set({
        ...rest,
        start: day,
        ...(chance(0.4) && { department: pick(DEPARTMENTS) }),
        ...(chance(0.2) && { email: `back.${number.slice(1)}.${day.slice(5)}@firm.example` }),
        ...(leads.length > 0 && { boss: pick(leads).number }),
      });
      if (now(number).boss === number) set({ ...now(number), boss: chief.number });
    });
  }

  function rename(day: string): void {
    const who = pick(staying().filter((each) => each.start <= day));
    const last = `Married${who.number.slice(1)}`;
    const email = `new.${who.number.slice(1)}.${day.slice(5)}@firm.example`;
    counts.renamed += 1;
    freed.push({ email: who.email, from: addDays(day, 10) });
    set({ ...who, last, email });
  }

  const debts: Record<keyof typeof RATES, number> = { joiners: 0, moves: 0, leavers: 0, names: 0 };
  const does = { joiners: join, moves: move, leavers: (day: string) => leave(day), names: rename };

  return {
    employees,
    counts,
    moved,
    isEmployed,
    live(day, isQuiet) {
      quietDays = isQuiet ? quietDays + 1 : 0;
      doPlanned(day);
      if (!isQuiet)
        for (const kind of Object.keys(RATES) as (keyof typeof RATES)[]) {
          // As many as a year has, on uneven days.
          debts[kind] += (RATES[kind] / 365) * (people / 1000) * pace * 2 * random();
          for (; debts[kind] >= 1; debts[kind] -= 1) does[kind](day);
        }
      doPlanned(day);
      const rows = [...employees.values()].filter(
        ({ end }) => end === undefined || addDays(end, LISTED_DAYS) >= day,
      );
      history.push({ day, rows });
      if (history.length > 5) history.shift();
    },
    rowsOn(day, weather) {
      const rows = history.findLast((each) => each.day <= day)?.rows ?? [];
      return spoilt(rows, weather, { day, history, int, pick, chance });
    },
  };
}

interface Spoiling {
  readonly day: string;
  readonly history: readonly { readonly rows: readonly Employee[] }[];
  readonly int: (from: number, to: number) => number;
  readonly pick: <T>(all: readonly T[]) => T;
  readonly chance: (share: number) => boolean;
}

function spoilt(
  rows: readonly Employee[],
  weather: Weather,
  { day, history, int, pick, chance }: Spoiling,
): readonly Employee[] {
  switch (weather) {
    case 'late':
      return history[0]?.rows ?? rows;
    case 'vanished': {
      const gone = pick(DEPARTMENTS);
      return rows.map((each) => (each.department === gone ? { ...each, department: '' } : each));
    }
    case 'many-ends':
      return rows.map((each) =>
        chance(0.3) && each.end === undefined ? { ...each, end: addDays(day, int(2, 30)) } : each,
      );
    case 'few-ends': {
      const hit = new Set([pick(rows).number, pick(rows).number]);
      return rows.map((each) =>
        hit.has(each.number) && each.end === undefined
          ? { ...each, end: addDays(day, int(0, 2)) }
          : each,
      );
    }
    case 'cycle': {
      const [one, other] = [pick(rows), pick(rows)];
      return rows.map((each) =>
        each.number === one.number
          ? { ...each, boss: other.number }
          : each.number === other.number
            ? { ...each, boss: one.number }
            : each,
      );
    }
    case 'twice': {
      const [one, other] = [pick(rows), pick(rows)];
      return rows.map((each) =>
        each.number === one.number ? { ...each, number: other.number } : each,
      );
    }
    case 'cut':
      return rows.slice(0, Math.ceil(rows.length / 2));
    case 'right':
    case 'down':
      return rows;
    default:
      return unreachable(weather);
  }
}
