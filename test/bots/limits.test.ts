/** Our times and budgets against what the platforms say of themselves, where no double refuses more. The numbers are theirs. */
import { expect, test } from 'vitest';
import * as slack from '../../src/bots/slack/limits.ts';
import * as teams from '../../src/bots/teams/limits.ts';

test.each([
  // docs.slack.dev/interactivity/handling-user-interaction
  ['Slack wants an acknowledgement', slack.ACKNOWLEDGE_MS, 3000],
  ['and a form’s file is there before it', slack.FORM_FILE_MS, slack.ACKNOWLEDGE_MS],
  // docs.slack.dev/apis/web-api/rate-limits: tier 3, for the whole workspace
  [
    'Slack takes edits in a minute',
    slack.WORKER_EDITS_PER_MINUTE + slack.MAIN_EDITS_PER_MINUTE,
    50,
  ],
  // The Bot Framework's
  ['Teams wants the answer to an invoke', teams.INVOKE_MS, 5000],
  ['Teams wants the acknowledgement of a message', teams.ACKNOWLEDGE_MS, 15_000],
])('%s: ours is below it', (_what, ours, theirs) => {
  expect(ours).toBeLessThan(theirs);
});
