/**
 * Everything that Latchkey remembers, in memory and for one process: what `latchkey try` and tests of the engine stand
 * on. Nothing is encrypted, since nothing is kept. A transaction that throws undoes what it did, but what it has done
 * so far is seen by whoever reads meanwhile.
 */
import type { Clock } from '../../engine/ports/time-and-chance.ts';
import type { Stores, UnitOfWork } from '../../engine/ports/unit-of-work.ts';
import { retryStale } from '../../engine/work/retry-stale.ts';
import { asTransaction } from '../work/transaction.ts';
import {
  createDelegationStore,
  createFactClaimStore,
  createOffboardingStore,
  createRequestStore,
  createReviewStore,
  createTaskStore,
} from './access-life.ts';
import {
  createConversationStore,
  createFormSessionStore,
  createInboxStore,
  createMessageStore,
  createOptionsStore,
} from './chat.ts';
import {
  createHookCallStore,
  createHookStore,
  createSequenceBatchStore,
  createSequenceEventStore,
  createSequenceStartStore,
} from './events.ts';
import {
  createIntegrationStore,
  createOAuthStore,
  createSecretStore,
  createStoredNameStore,
} from './integrations.ts';
import { createFileImportStore, createJoinStore, createRefusedUserStore } from './joining.ts';
import { createAuditStore, createWorkerStore } from './operations.ts';
import { createAccessStore, createIdentityStore, createPeopleStore } from './people.ts';
import { createMemoryQueue, type MemoryQueue } from './queue.ts';
import {
  createAccountStore,
  createHealthStore,
  createHoldStore,
  createRemovalStore,
} from './removals.ts';
import { createDeliveryStore, createLinkStore, createRunFileStore } from './run-output.ts';
import { createRunStore } from './runs.ts';
import {
  createPlannedItemStore,
  createSequenceAssignmentStore,
  createSequenceStore,
} from './sequences.ts';
import {
  createDraftStore,
  createFiringStore,
  createSettingsStore,
  createWebSessionStore,
} from './setting-up.ts';
import { createIgnoredEmailStore, createSyncRowStore, createSyncRunStore } from './sync.ts';
import { createJournal } from './table.ts';

export interface Memory {
  readonly stores: Stores;
  readonly transact: UnitOfWork;
  readonly queue: MemoryQueue;
}

export function createMemory(now: Clock): Memory {
  const journal = createJournal();
  const queue = createMemoryQueue(journal, now);
  const secrets = createSecretStore(journal);
  const oauth = createOAuthStore(journal);
  const hasSecrets = async (integrationId: string): Promise<boolean> =>
    (await secrets.names(integrationId)).length > 0 ||
    (await oauth.find(integrationId)) !== undefined;
  const people = createPeopleStore(journal);
  const isHere = async (email: string) => (await people.findByEmail(email))?.active === true;
  const assignments = createSequenceAssignmentStore(journal);
  const sequences = createSequenceStore(journal);
  const conversations = createConversationStore(journal);
  const settings = createSettingsStore(journal);
  const runs = createRunStore(journal);
  const stores: Stores = {
    people,
    refusedUsers: createRefusedUserStore(journal),
    identities: createIdentityStore(journal, { people, conversations, settings }),
    integrations: createIntegrationStore(journal, hasSecrets),
    storedNames: createStoredNameStore(journal),
    secrets,
    oauth,
    runs,
    files: createRunFileStore(journal),
    deliveries: createDeliveryStore(journal, runs),
    links: createLinkStore(journal),
    access: createAccessStore(journal),
    messages: createMessageStore(journal),
    conversations,
    formSessions: createFormSessionStore(journal, now),
    options: createOptionsStore(journal),
    inbox: createInboxStore(journal),
    auditLog: createAuditStore(journal),
    requests: createRequestStore(journal),
    tasks: createTaskStore(journal),
    holds: createHoldStore(journal),
    accounts: createAccountStore(journal),
    removals: createRemovalStore(journal),
    health: createHealthStore(journal),
    factClaims: createFactClaimStore(journal),
    delegations: createDelegationStore(journal),
    offboardings: createOffboardingStore(journal),
    sequences,
    assignments,
    plannedItems: createPlannedItemStore(journal, { people, sequences, assignments }),
    reviews: createReviewStore(journal),
    joins: createJoinStore(journal, isHere),
    fileImports: createFileImportStore(journal),
    syncRuns: createSyncRunStore(journal),
    syncRows: createSyncRowStore(journal, isHere),
    ignoredEmails: createIgnoredEmailStore(journal),
    sequenceStarts: createSequenceStartStore(journal),
    sequenceEvents: createSequenceEventStore(journal),
    sequenceBatches: createSequenceBatchStore(journal),
    hooks: createHookStore(journal),
    hookCalls: createHookCallStore(journal),
    drafts: createDraftStore(journal),
    webSessions: createWebSessionStore(journal),
    settings,
    firings: createFiringStore(journal),
    workers: createWorkerStore(journal),
  };
  return {
    stores,
    queue,
    transact: (work) =>
      retryStale(() => journal.transact(() => work(asTransaction(stores, queue, now)))),
  };
}
