/** Everything here uses Bolt's private parts. `test/bots/slack/bolt-internals.test.ts` fails when they change. */
import { type App, ExpressReceiver, type ReceiverEvent } from '@slack/bolt';
import type { Receipt } from '../view/receipt.ts';

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

type HandleRequest = ExpressReceiver['requestHandler'];

/** Answers a signed request whose body no listener can take: Bolt would throw, or wait in vain for its acknowledgement. */
export class CheckingReceiver extends ExpressReceiver {
  readonly #refuse: (body: unknown) => number | undefined;

  /** @param refuse the status of the answer; undefined: Bolt handles it */
  constructor(
    options: ConstructorParameters<typeof ExpressReceiver>[0],
    refuse: (body: unknown) => number | undefined,
  ) {
    super(options);
    this.#refuse = refuse;
  }

  // Its constructor binds this one.
  override async requestHandler(...[request, response]: Parameters<HandleRequest>): Promise<void> {
    const status = this.#refuse(request.body);
    if (status === undefined) await super.requestHandler(request, response);
    else response.status(status).send();
  }
}

/** What listeners find in their `context`. A request can't set it. */
export interface InContext {
  readonly isAsSlackSends: boolean;
  readonly receipt?: Receipt;
}

export const inContext = (context: object): InContext => context as InContext; // As `receiveFirst` set it.

/**
 * Calls `receive` before an event is acknowledged or handled. A middleware would come too late: Bolt acknowledges events
 * before it calls them. The acknowledgement waits for what `receive` hands over.
 * @returns handles an event that was acknowledged before
 */
export function receiveFirst(
  app: App,
  receive: (
    body: ReceiverEvent['body'],
    handle: (added: InContext, acknowledgeable?: Promise<void>) => Promise<void>,
  ) => Promise<void>,
): (body: ReceiverEvent['body'], added: InContext) => Promise<void> {
  const process = app.processEvent.bind(app);
  app.processEvent = (event) =>
    receive(event.body, (added, acknowledgeable) =>
      process({
        ...event,
        async ack(response) {
          await acknowledgeable;
          await event.ack(response);
        },
        customProperties: { ...added },
      }),
    );
  return (body, added) =>
    process({ body, ack: async () => undefined, customProperties: { ...added } });
}
