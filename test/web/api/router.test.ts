import express from 'express';
import { expect, test } from 'vitest';
import { StaleWrite } from '../../../src/engine/ports/store.ts';
import { type ApiDeps, apiPages } from '../../../src/web/api/router.ts';
import { listen } from '../../../src/web/listen.ts';
import { mcpPages } from '../../../src/web/mcp/router.ts';
import { testChat } from '../../support/chat.ts';

const addresses = {
  'the API': apiPages,
  MCP: (deps: ApiDeps) =>
    mcpPages({
      ...deps,
      ticks: () => 0,
      version: '1.2.3',
      present: () => Promise.reject(new Error('It is not asked')),
    }),
};

test.each(Object.entries(addresses))(
  'an answer of %s that was begun when someone else was faster is cut off, and logged once each time',
  async (_name, pages) => {
    const { services } = await testChat();
    const errors: unknown[] = [];
    const app = express().use(
      pages({
        ...services,
        isKeyedHash: () => false,
        timeZone: 'UTC',
        publicUrl: 'http://127.0.0.1',
        door: {
          limitAddresses(_request, response, next) {
            response.write('a part', () => next(new StaleWrite('token', 't1')));
          },
          admit: () => Promise.reject(new Error('It is not asked')),
          countMore: () => undefined,
        },
        onError: (error) => errors.push(error),
      }),
    );
    const server = await listen(app, { host: '127.0.0.1', port: 0 });
    try {
      for (let time = 1; time <= 4; time += 1) {
        // Without it Node's own client takes the end of the connection for the end of the body.
        const headers = { connection: 'keep-alive' };
        const answer = await fetch(`http://127.0.0.1:${server.port}/docs`, { headers });
        await expect(answer.text()).rejects.toThrow('terminated');
        expect(errors).toHaveLength(time);
      }
    } finally {
      await server.close(0);
    }
  },
);
