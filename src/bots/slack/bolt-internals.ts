/** Everything here uses Bolt's private parts. `test/bots/slack/bolt-internals.test.ts` fails when they change. */
import type { App } from '@slack/bolt';

/** Times each acknowledgement. Both receivers pass each event to `processEvent`, with the function that acknowledges it. */
export function timeAcknowledgements(app: App, onAcknowledged: (seconds: number) => void): void {
  const process = app.processEvent.bind(app);
  app.processEvent = (event) => {
    const began = performance.now();
    return process({
      ...event,
      async ack(response) {
        await event.ack(response);
        onAcknowledged((performance.now() - began) / 1000);
      },
    });
  };
}
