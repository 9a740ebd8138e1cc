/**
 * Everything that Latchkey remembers. Words: a *store* keeps one aggregate, a *row* is what the database
 * holds of it; rows are turned into the engine's types in this folder and nowhere else. A *sealed* column holds
 * a text that only the vault can open.
 */
import type { Knex } from 'knex';
import type { Clock } from '../engine/ports/time-and-chance.ts';
import type { Stores } from '../engine/ports/unit-of-work.ts';
import { createAccountStore } from './access/accounts.ts';
import { createFactClaimStore } from './access/fact-claims.ts';
import { createHealthStore } from './access/health.ts';
import { createHoldStore } from './access/holds.ts';
import { createRemovalStore } from './access/removals.ts';
import { createAccessStore } from './access.ts';
import { createAuditStore } from './audit.ts';
import { createConversationStore } from './conversations.ts';
import { createDelegationStore } from './delegations.ts';
import { createDeliveryStore } from './deliveries.ts';
import { createDraftStore } from './drafts.ts';
import { createFileImportStore } from './file-imports.ts';
import { createFiringStore } from './firings.ts';
import { createFormSessionStore } from './form-sessions.ts';
import { createHookCallStore, createHookStore } from './hooks.ts';
import { createIdentityStore } from './identities.ts';
import { createInboxStore } from './inbox.ts';
import { createIntegrationStore } from './integrations.ts';
import { createJoinStore } from './joins.ts';
import { createLinkStore } from './links.ts';
import { createMessageStore } from './messages.ts';
import { createOAuthStore } from './oauth-tokens.ts';
import { createOffboardingStore } from './offboardings.ts';
import { createOptionsStore } from './options.ts';
import { createRefusedUserStore } from './people/refused-users.ts';
import { createPeopleStore } from './people.ts';
import { createPlannedItemStore, createSequenceAssignmentStore } from './planned-items.ts';
import { createRequestStore } from './requests.ts';
import { createReviewStore } from './reviews.ts';
import { createRunFileStore } from './run-files.ts';
import { createRunStore } from './runs.ts';
import { createSecretStore } from './secrets.ts';
import { createSequenceBatchStore } from './sequence-batches.ts';
import { createSequenceEventStore, createSequenceStartStore } from './sequence-events.ts';
import { createSequenceStore } from './sequences.ts';
import { createSettingsStore } from './settings.ts';
import { createStoredNameStore } from './stored-names.ts';
import { createIgnoredEmailStore, createSyncRowStore } from './sync-rows.ts';
import { createSyncRunStore } from './sync-runs.ts';
import { createTaskStore } from './tasks.ts';
import type { Vault } from './vault.ts';
import { createWebSessionStore } from './web-sessions.ts';
import { createWorkerStore } from './workers.ts';

/** @param db the database, or a transaction of it: then everything the stores do is part of it. */
export function createStores(db: Knex, vault: Vault, now: Clock): Stores {
  return {
    people: createPeopleStore(db),
    identities: createIdentityStore(db),
    refusedUsers: createRefusedUserStore(db),
    integrations: createIntegrationStore(db),
    storedNames: createStoredNameStore(db),
    secrets: createSecretStore(db, vault),
    oauth: createOAuthStore(db, vault),
    runs: createRunStore(db, vault),
    files: createRunFileStore(db, vault),
    deliveries: createDeliveryStore(db, vault),
    links: createLinkStore(db),
    access: createAccessStore(db, vault),
    messages: createMessageStore(db),
    conversations: createConversationStore(db),
    formSessions: createFormSessionStore(db, vault, now),
    options: createOptionsStore(db, vault, now),
    inbox: createInboxStore(db),
    audit: createAuditStore(db),
    requests: createRequestStore(db, vault),
    tasks: createTaskStore(db, vault),
    holds: createHoldStore(db),
    accounts: createAccountStore(db, vault),
    removals: createRemovalStore(db, vault),
    health: createHealthStore(db),
    factClaims: createFactClaimStore(db, vault),
    delegations: createDelegationStore(db),
    offboardings: createOffboardingStore(db),
    sequences: createSequenceStore(db, vault),
    assignments: createSequenceAssignmentStore(db),
    plannedItems: createPlannedItemStore(db),
    reviews: createReviewStore(db),
    joins: createJoinStore(db),
    fileImports: createFileImportStore(db),
    syncRuns: createSyncRunStore(db, vault),
    syncRows: createSyncRowStore(db),
    ignoredEmails: createIgnoredEmailStore(db, vault),
    sequenceStarts: createSequenceStartStore(db),
    sequenceEvents: createSequenceEventStore(db),
    sequenceBatches: createSequenceBatchStore(db),
    hooks: createHookStore(db, vault),
    hookCalls: createHookCallStore(db),
    drafts: createDraftStore(db, vault),
    webSessions: createWebSessionStore(db),
    settings: createSettingsStore(db),
    firings: createFiringStore(db),
    workers: createWorkerStore(db),
  };
}
