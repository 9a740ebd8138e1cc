/** What admins do with a finding. The caller has checked that they are admins. */
import { inLocale, t } from '../../core/translate.ts';
import { keyed } from '../access/account-keys.ts';
import { accountFactsOf, directoryFacts, isSameAccount } from '../access/accounts.ts';
import { beginRemoval } from '../access/removals/begin-removal.ts';
import { wakeRemoval } from '../access/removals/wake-removal.ts';
import { provisionOf } from '../integrations/manifest-of.ts';
import { reopenFor } from '../offboarding/end-offboarding.ts';
import type { Actor, Integration, Person } from '../people/directory.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { workspaceSettings } from '../settings/workspace-settings.ts';
import type { AuditWhat } from '../work/audit-words.ts';
import { findingsTopic, invalidate, personTopic } from '../work/topics.ts';
import type { Finding, ListedAccount } from './finding.ts';
import { aboutFinding, judgedAs, noteResolved, type Verdict, verdictNow } from './judge.ts';
import { followOrphans } from './orphan-task.ts';

/** What the finding is about, as it is now. */
interface AtHand {
  readonly finding: Finding;
  readonly integration: Integration;
  readonly account: ListedAccount | undefined;
}

/**
 * `over`: it was resolved or decided in the meantime, is someone else's now, or its account, person or integration is gone. `own`:
 * another admin has to decide.
 */
export type Decided = 'done' | 'over' | 'own';

type Step = (tx: Transaction, atHand: AtHand) => Promise<Finding | undefined>;

interface Pressed extends Pick<Deciding, 'seenPersonId'> {
  /** Default: open. */
  readonly from?: 'open' | 'decided';
}

/** Whether the button that decides is still on the card, for what it was pressed for. */
export const isStill = (
  { state, personId }: Finding,
  { seenPersonId = personId, from = 'open' }: Pressed,
): boolean =>
  (from === 'open' ? state === 'open' : state === 'service' || state === 'ignored') &&
  seenPersonId === personId;

/** Whether it is about their own access, which they may remove; another admin decides whether it stays, where there is one. */
export const isOwn = async (
  { people }: Pick<Transaction, 'people'>,
  { personId }: Finding,
  actor: Actor,
): Promise<boolean> =>
  actor.kind === 'person' && actor.personId === personId && (await people.admins()).length > 1;

/** `what` is for the audit log, such as `finding.ignored`; `keeps` says whether the account stays. */
async function decide(
  tx: Transaction,
  {
    findingId,
    actor,
    what,
    keeps = false,
    ...pressed
  }: Deciding & Pressed & { readonly what: AuditWhat; readonly keeps?: boolean },
  step: Step,
): Promise<Decided> {
  const finding = await tx.findings.find(findingId);
  if (finding?.personId !== undefined) await tx.people.hold(finding.personId); // First, as grants do.
  const isOrphan = finding?.kind === 'orphan';
  // Of two who decide the last two orphans at once, the second one sees that none is left.
  const how = isOrphan ? 'alone' : 'shared';
  const integration = finding && (await tx.integrations.hold(finding.integrationId, how));
  if (!finding || !integration || integration.deletedAt || !isStill(finding, pressed))
    return 'over';
  const account =
    finding.accountId === undefined ? undefined : await tx.listedAccounts.find(finding.accountId);
  if (finding.accountId !== undefined && !account) return 'over';
  if (await isOutdated(tx, finding, account)) return 'over';
  if (keeps && (await isOwn(tx, finding, actor))) return 'own';
  const next = await step(tx, { finding, integration, account });
  if (!next) return 'over';
  const saved = await tx.findings.save({ ...next, decided: { by: actor, at: tx.now } });
  const { personId } = saved;
  await tx.audit(what, aboutFinding(saved, actor));
  if (isOrphan) await followOrphans(tx, integration, actor);
  await invalidate(tx, findingsTopic, ...(personId === undefined ? [] : [personTopic(personId)]));
  return 'done';
}

/**
 * Whether someone has granted, removed or come back since the list was read. Then it says so from now on, and what was pressed was
 * about something else.
 */
async function isOutdated(
  tx: Transaction,
  finding: Finding,
  account: ListedAccount | undefined,
): Promise<boolean> {
  const { kind, state } = finding;
  if (state !== 'open' || kind === 'orphan') return false;
  const verdict = await verdictSince(tx, finding, account);
  if (verdict === kind) return false;
  const judged = await tx.findings.save(judgedAs(finding, verdict));
  if (judged.state === 'resolved') await noteResolved(tx, judged);
  await invalidate(tx, findingsTopic);
  return true;
}

/** Of access that was granted since it was found missing or unused, a list says nothing yet. */
async function verdictSince(
  tx: Transaction,
  { kind, personId = '', integrationId, seenAt }: Finding,
  account: ListedAccount | undefined,
): Promise<Verdict> {
  if (kind === 'missing' || kind === 'unused') {
    const holds = await tx.holds.openAt(personId, integrationId);
    if (holds.some(({ startedAt }) => startedAt > seenAt)) return 'fine';
    if (!account) return holds.length > 0 ? kind : 'fine';
  }
  return account ? verdictNow(tx, { ...account, personId }) : kind;
}

export interface Deciding {
  readonly findingId: string;
  readonly actor: Actor;
  /** Whose account it was where it was pressed: a round or another admin may say since then that it is someone else's. */
  readonly seenPersonId?: string | undefined;
}

/** Ends every hold and begins the removal; it ends by proof, as any other. Not for an orphan: nobody's access can be removed. */
export const removeFinding = (tx: Transaction, deciding: Deciding): Promise<Decided> =>
  decide(tx, { ...deciding, what: 'finding.removed' }, async (_, { finding, ...about }) => {
    const { personId, kind } = finding;
    const person = personId === undefined ? undefined : await tx.people.hold(personId);
    if (!person || kind === 'orphan') return undefined;
    const { integration, account } = about;
    if (account) await noteAccount(tx, person, { integration, account });
    const cause = person.active ? ({ kind: 'revoked' } as const) : ({ kind: 'found' } as const);
    const begun = await beginRemoval(tx, { person, integration, cause, actor: deciding.actor });
    if (!person.active && begun.kind === 'begun') await reopenFor(tx, begun.removal);
    // A list that still shows it after the removal opens it again.
    return { ...finding, state: account ? 'removing' : 'resolved' };
  });

/**
 * Says whose account it is. Someone who works here keeps it: it gets a hold, and is reviewed and removed like any other. What
 * someone who left has is left behind.
 */
export const adoptFinding = (
  tx: Transaction,
  { person: wanted, ...deciding }: Deciding & { readonly person: Person },
): Promise<Decided> =>
  decide(
    tx,
    { ...deciding, what: 'finding.adopted', keeps: true },
    async (_, { finding, integration, account }) => {
      const person = await tx.people.hold(wanted.id);
      if (!person || !account) return undefined;
      await tx.listedAccounts.adopt(account.id, person.id);
      await noteAccount(tx, person, { integration, account });
      const about = { ...finding, personId: person.id, ownerId: undefined, lookAgainOn: undefined };
      if (!person.active) return { ...about, kind: 'left-behind', state: 'open' };
      const whose = { personId: person.id, integrationId: integration.id };
      const removal = await tx.removals.open(whose.personId, whose.integrationId);
      if (removal) {
        await wakeRemoval(tx, removal); // It has one account more to remove.
        return { ...about, kind: 'found', state: 'removing' };
      }
      if ((await tx.holds.openAt(whose.personId, whose.integrationId)).length === 0)
        await tx.holds.insert({
          id: tx.newId(),
          version: 1,
          ...whose,
          source: 'found',
          givenBy: deciding.actor,
          startedAt: tx.now,
        });
      return { ...about, state: 'resolved' };
    },
  );

/** @param lookAgainOn ISO date from which it is open again */
export const makeService = (
  tx: Transaction,
  {
    owner,
    lookAgainOn,
    ...deciding
  }: Deciding & { readonly owner: Person; readonly lookAgainOn: string },
): Promise<Decided> =>
  decide(
    tx,
    { ...deciding, what: 'finding.service', keeps: true },
    async (_, { finding, account }) =>
      account ? { ...finding, state: 'service', ownerId: owner.id, lookAgainOn } : undefined,
  );

export const ignoreFinding = (tx: Transaction, deciding: Deciding): Promise<Decided> =>
  decide(tx, { ...deciding, what: 'finding.ignored', keeps: true }, async (_, { finding }) => ({
    ...finding,
    state: 'ignored',
    ownerId: undefined,
    lookAgainOn: undefined,
  }));

/** An admin looks at it again before its time. */
export const reopenFinding = (tx: Transaction, deciding: Deciding): Promise<Decided> =>
  decide(
    tx,
    { ...deciding, what: 'finding.reopened', from: 'decided' },
    async (_, { finding }) => ({
      ...finding,
      state: 'open',
      ownerId: undefined,
      lookAgainOn: undefined,
    }),
  );

/**
 * The account as checks and removals know it: by the facts that the app lists, which may differ from those of the directory. The
 * list proves that it is there.
 */
async function noteAccount(
  tx: Transaction,
  person: Person,
  { integration, account }: { readonly integration: Integration; readonly account: ListedAccount },
): Promise<void> {
  const whose = { personId: person.id, integrationId: integration.id };
  const manifest = await provisionOf(tx, integration);
  if (manifest) {
    const { facts } = await directoryFacts(tx, person, manifest);
    const match = manifest.accounts?.match;
    const named = {
      ...(account.email !== undefined && { email: account.email }),
      ...(match !== undefined && account.fact !== undefined && { [match]: account.fact }),
    };
    const { facts: used } = accountFactsOf(manifest, named);
    const listed = { facts: { ...facts, ...used }, form: {} };
    const open = await tx.accounts.openAt(whose.personId, whose.integrationId);
    const known = open.find((each) =>
      isSameAccount(each, { ...listed, form: each.form }, manifest),
    );
    const fresh = { id: tx.newId(), version: 1, ...whose, ...listed, wasThere: true } as const;
    if (!known) await tx.accounts.insert(keyed(fresh, manifest));
    else if (!known.wasThere) await tx.accounts.save({ ...known, wasThere: true });
  }
  const access = await tx.access.find(whose.personId, whose.integrationId);
  if (access?.state === 'has') return;
  const { dateLanguage } = await workspaceSettings(tx);
  await tx.access.put({
    ...whose,
    state: 'has',
    reason: inLocale(dateLanguage, () => t`${integration.name} lists an account.`),
    since: tx.now,
    checkedAt: account.lastSeenAt,
  });
}
