import type { Identity } from './vault.ts';

/** A column whose texts only the vault can open, and its table's primary key in the order of the identity. */
export interface SealedColumn {
  readonly table: string;
  readonly column: string;
  readonly key: readonly string[];
  /** How many fit into memory at once, for large texts. */
  readonly atOnce?: number;
  /** Such rows expire within days, so nothing is lost when they can't be opened. */
  readonly isDisposable?: true;
  /** Where its JSON keeps an older text of the same row, sealed as it was: its key was missing when the row was saved. */
  readonly keeps?: string;
}

const step = ['run_id', 'attempt', 'step_index'] as const;

/** All sealed columns. A column that is missing here is not resealed when the key changes. */
export const sealedColumns = {
  secret: { table: 'secrets', column: 'value', key: ['integration_id', 'name'] },
  oauthToken: { table: 'oauth_tokens', column: 'answer', key: ['integration_id'] },
  oauthApp: { table: 'oauth_tokens', column: 'app', key: ['integration_id'] },
  oauthFailure: { table: 'oauth_tokens', column: 'failure', key: ['integration_id'] },
  access: { table: 'access', column: 'reason', key: ['person_id', 'integration_id'] },
  factClaim: { table: 'fact_claims', column: 'value', key: ['person_id', 'name'] },
  account: { table: 'accounts', column: 'content', key: ['id'] },
  removal: { table: 'removals', column: 'content', key: ['id'], keeps: 'unread' },
  runMessage: { table: 'runs', column: 'message', key: ['id'] },
  runInputs: { table: 'runs', column: 'inputs', key: ['id'] },
  stepResponseText: { table: 'run_steps', column: 'response_text', key: step },
  stepUrl: { table: 'run_steps', column: 'url', key: step },
  runAnswer: { table: 'run_answers', column: 'content', key: ['run_id'] },
  response: { table: 'run_responses', column: 'response', key: step },
  filePart: {
    table: 'run_files',
    column: 'content',
    key: ['run_id', 'name', 'part_index', 'last'],
    atOnce: 16,
  },
  delivery: { table: 'deliveries', column: 'content', key: ['id'] },
  form: { table: 'form_sessions', column: 'form', key: ['id'], isDisposable: true },
  interaction: { table: 'inbox', column: 'content', key: ['key'], isDisposable: true },
  request: { table: 'access_requests', column: 'content', key: ['id'] },
  verdict: { table: 'verdicts', column: 'reason', key: ['request_id', 'person_id'] },
  requestQuestion: { table: 'request_questions', column: 'question', key: ['id'] },
  requestAnswer: { table: 'request_questions', column: 'answer', key: ['id'] },
  breakGlass: { table: 'break_glasses', column: 'comment', key: ['request_id'] },
  reassignment: { table: 'request_reassignments', column: 'comment', key: ['id'] },
  task: { table: 'tasks', column: 'content', key: ['id'] },
  sequenceItem: { table: 'sequence_items', column: 'content', key: ['id'] },
  bundleVersion: { table: 'bundle_versions', column: 'content', key: ['id'] },
  ruleItem: { table: 'rule_items', column: 'content', key: ['id'] },
  ruleException: { table: 'rule_exceptions', column: 'reason', key: ['id'] },
  transitionItem: {
    table: 'transition_items',
    column: 'kept_reason',
    key: ['transition_id', 'integration_id'],
  },
  draft: { table: 'drafts', column: 'content', key: ['id'], atOnce: 16, isDisposable: true },
  syncCursor: { table: 'sync_runs', column: 'cursor', key: ['id'] },
  syncMessages: { table: 'sync_runs', column: 'messages', key: ['id'], keeps: 'unread' },
  syncMark: { table: 'sync_runs', column: 'mark', key: ['id'] },
  accountRoundCursor: { table: 'account_rounds', column: 'cursor', key: ['id'] },
  accountRoundWhy: { table: 'account_rounds', column: 'why', key: ['id'] },
  hookSecrets: { table: 'hooks', column: 'secrets', key: ['id'] },
  eventEndpoint: { table: 'event_endpoints', column: 'content', key: ['id'] },
  eventAnswer: { table: 'event_deliveries', column: 'answer', key: ['id'] },
  options: { table: 'options_cache', column: 'answer', key: ['key'], isDisposable: true },
  authenticator: { table: 'authenticators', column: 'content', key: ['id'] },
  chatToken: { table: 'chat_tokens', column: 'content', key: ['platform'] },
  pepper: { table: 'peppers', column: 'value', key: ['name'] },
} as const satisfies Record<string, SealedColumn>;

/** The identity of the sealed text in the row with this key. */
export function identityOf(
  { table, column }: SealedColumn,
  ...key: readonly (string | number)[]
): Identity {
  return { table, row: key.join('/'), column };
}

/** The identity of the sealed text in a row that has its key. */
export const identityIn = (column: SealedColumn, row: object): Identity =>
  identityOf(column, ...column.key.map((part) => row[part as keyof typeof row]));
