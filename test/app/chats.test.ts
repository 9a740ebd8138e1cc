import { EventEmitter, once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { expect, test } from 'vitest';
import { everybodyAnswered } from '../../src/app/chats.ts';
import { InFlight } from '../../src/bots/view/bot.ts';
import { listen } from '../../src/web/listen.ts';

test.each([
  ['Slack', (wait: () => Promise<void>) => ({ slack: { stop: wait }, teams: undefined })],
  ['Teams', (wait: () => Promise<void>) => ({ slack: undefined, teams: { idle: wait } })],
])(
  'what was acknowledged to %s while the server closes is answered before the end',
  async (_, chatOf) => {
    const told: string[] = [];
    const happened = new EventEmitter();
    const tell = (what: string): void => {
      told.push(what);
      happened.emit(what);
    };
    const inFlight = new InFlight();
    let acknowledge = (): void => undefined;
    const listening = await listen(
      (_request, response) => {
        acknowledge = () => {
          tell('acknowledged');
          void inFlight.run(async () => {
            await once(happened, 'third party answers');
            tell('answered');
          });
          response.end();
        };
        happened.emit('asked');
      },
      { host: '127.0.0.1', port: 0 },
    );
    const asked = once(happened, 'asked');
    const call = request({ port: listening.port, host: '127.0.0.1' }).end();
    await asked;

    const waitedFor = once(happened, 'waited for');
    const chat = chatOf(async () => {
      tell('waited for');
      await inFlight.done();
    });
    const inbox = { close: async () => tell('stored') };
    const end = everybodyAnswered({ ...chat, inbox }, listening.close(60_000)).then(() =>
      tell('ended'),
    );
    acknowledge();
    const [response] = (await once(call, 'response')) as [IncomingMessage];
    response.resume();
    await waitedFor;
    happened.emit('third party answers');
    await end;
    expect(told).toEqual(['acknowledged', 'waited for', 'answered', 'stored', 'ended']);
  },
);
