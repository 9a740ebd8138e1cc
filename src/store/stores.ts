/**
 * All of Latchkey's stored data. Words: a *store* keeps one aggregate. A *row* is its form in the database. Only this
 * folder turns rows into the engine's types. A *sealed* column holds a text that only the vault can open.
 */
import type { Knex } from 'knex';
import type { Stores } from '../engine/ports/unit-of-work.ts';
import { createAccessStore } from './access/access.ts';
import { createAccountStore } from './access/accounts.ts';
import { createDiscoveryStore } from './access/discoveries.ts';
import { createFactClaimStore } from './access/fact-claims.ts';
import { createHealthStore } from './access/health.ts';
import { createHoldStore } from './access/holds.ts';
import { createRemovalStore } from './access/removals.ts';
import { createBundleRequestStore, createBundleStore } from './bundles/bundles.ts';
import { createManagedThingStore } from './configuration/managed-things.ts';
import { createEventDeliveryStore } from './event-endpoints/event-deliveries.ts';
import { createEventEndpointStore } from './event-endpoints/event-endpoints.ts';
import { createAccountRoundStore } from './findings/account-rounds.ts';
import { createFindingStore } from './findings/findings.ts';
import { createListedAccountStore } from './findings/listed-accounts.ts';
import { createFileImportStore } from './imports/file-imports.ts';
import { createIgnoredEmailStore } from './imports/ignored-emails.ts';
import { createSyncRowStore } from './imports/sync-rows.ts';
import { createSyncRunStore } from './imports/sync-runs.ts';
import { createIntegrationStore } from './integrations/integrations.ts';
import { createOAuthStore } from './integrations/oauth-tokens.ts';
import { createOptionsStore } from './integrations/options.ts';
import { createSecretStore } from './integrations/secrets.ts';
import { createStoredNameStore } from './integrations/stored-names.ts';
import { createDraftStore } from './links/drafts.ts';
import { createLinkStore } from './links/links.ts';
import { createWebSessionStore } from './links/web-sessions.ts';
import { createChatTokenStore } from './live/chat-tokens.ts';
import { createConversationStore } from './live/conversations.ts';
import { createFormSessionStore } from './live/form-sessions.ts';
import { createInboxStore } from './live/inbox.ts';
import { createMessageStore } from './live/messages.ts';
import { createDeliveryStore } from './messages/deliveries.ts';
import { createOffboardingStore } from './offboarding/offboardings.ts';
import { createFormerEmailStore } from './people/former-emails.ts';
import { createIdentityStore } from './people/identities.ts';
import { createJoinStore } from './people/joins.ts';
import { createPeopleStore } from './people/people.ts';
import { createRefusedUserStore } from './people/refused-users.ts';
import { createWorkerStore } from './queue/workers.ts';
import { createBreakGlassStore } from './requests/break-glasses.ts';
import { createDelegationStore } from './requests/delegations.ts';
import { createQuestionStore, createReassignmentStore } from './requests/questions.ts';
import { createRequestStore } from './requests/requests.ts';
import { createCampaignStore } from './reviews/campaigns.ts';
import { createReviewStore } from './reviews/reviews.ts';
import { createRuleExceptionStore } from './rules/rule-exceptions.ts';
import { createRuleTroubleStore, createRuleWorkStore } from './rules/rule-work.ts';
import { createRuleStore } from './rules/rules.ts';
import { findAnswer } from './runs/run-answers.ts';
import { createRunFileStore } from './runs/run-files.ts';
import { createRunStore } from './runs/runs.ts';
import { createHookCallStore, createHookStore } from './sequences/hooks.ts';
import {
  createPlannedItemStore,
  createSequenceAssignmentStore,
} from './sequences/planned-items.ts';
import { createSequenceBatchStore } from './sequences/sequence-batches.ts';
import { createSequenceEventStore, createSequenceStartStore } from './sequences/sequence-events.ts';
import { createSequenceStore } from './sequences/sequences.ts';
import { createSettingsStore } from './settings/settings.ts';
import { createAuthenticatorStore } from './step-up/authenticators.ts';
import { createTaskStore } from './tasks/tasks.ts';
import { createApiAnswerStore } from './tokens/api-answers.ts';
import { createApiTokenStore } from './tokens/api-tokens.ts';
import { createTransitionStore } from './transitions/transitions.ts';
import type { Vault } from './vault/vault.ts';
import { createAuditStore } from './work/audit.ts';
import { createAuditChainStore } from './work/audit-chain.ts';
import { createOccurrenceStore } from './work/occurrences.ts';

/** @param db the database, or a transaction, which then includes everything that the stores do */
export function createStores(db: Knex, vault: Vault): Stores {
  return {
    people: createPeopleStore(db),
    identities: createIdentityStore(db),
    refusedUsers: createRefusedUserStore(db),
    integrations: createIntegrationStore(db),
    storedNames: createStoredNameStore(db),
    secrets: createSecretStore(db, vault),
    oauth: createOAuthStore(db, vault),
    runs: createRunStore(db, vault),
    runAnswers: { find: (runId) => findAnswer(db, vault, runId) },
    files: createRunFileStore(db, vault),
    deliveries: createDeliveryStore(db, vault),
    links: createLinkStore(db),
    access: createAccessStore(db, vault),
    messages: createMessageStore(db),
    conversations: createConversationStore(db),
    formSessions: createFormSessionStore(db, vault),
    options: createOptionsStore(db, vault),
    inbox: createInboxStore(db, vault),
    chatTokens: createChatTokenStore(db, vault),
    auditLog: createAuditStore(db),
    auditChain: createAuditChainStore(db, vault),
    requests: createRequestStore(db, vault),
    questions: createQuestionStore(db, vault),
    breakGlasses: createBreakGlassStore(db, vault),
    reassignments: createReassignmentStore(db, vault),
    bundles: createBundleStore(db, vault),
    bundleRequests: createBundleRequestStore(db),
    tasks: createTaskStore(db, vault),
    holds: createHoldStore(db),
    accounts: createAccountStore(db, vault),
    removals: createRemovalStore(db, vault),
    health: createHealthStore(db),
    discoveries: createDiscoveryStore(db),
    accountRounds: createAccountRoundStore(db, vault),
    listedAccounts: createListedAccountStore(db),
    findings: createFindingStore(db),
    formerEmails: createFormerEmailStore(db),
    factClaims: createFactClaimStore(db, vault),
    delegations: createDelegationStore(db),
    offboardings: createOffboardingStore(db),
    transitions: createTransitionStore(db, vault),
    authenticators: createAuthenticatorStore(db, vault),
    apiTokens: createApiTokenStore(db),
    apiAnswers: createApiAnswerStore(db),
    sequences: createSequenceStore(db, vault),
    assignments: createSequenceAssignmentStore(db),
    plannedItems: createPlannedItemStore(db),
    reviews: createReviewStore(db),
    campaigns: createCampaignStore(db),
    joins: createJoinStore(db),
    fileImports: createFileImportStore(db),
    syncRuns: createSyncRunStore(db, vault),
    syncRows: createSyncRowStore(db),
    ignoredEmails: createIgnoredEmailStore(db, vault),
    sequenceStarts: createSequenceStartStore(db),
    sequenceEvents: createSequenceEventStore(db),
    sequenceBatches: createSequenceBatchStore(db),
    rules: createRuleStore(db, vault),
    ruleExceptions: createRuleExceptionStore(db, vault),
    ruleTroubles: createRuleTroubleStore(db),
    ruleWork: createRuleWorkStore(db),
    hooks: createHookStore(db, vault),
    hookCalls: createHookCallStore(db),
    eventEndpoints: createEventEndpointStore(db, vault),
    eventDeliveries: createEventDeliveryStore(db, vault),
    drafts: createDraftStore(db, vault),
    webSessions: createWebSessionStore(db),
    settings: createSettingsStore(db),
    managedThings: createManagedThingStore(db),
    occurrences: createOccurrenceStore(db),
    workers: createWorkerStore(db),
  };
}
