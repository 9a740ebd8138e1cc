/** The document says what the server does, since both are made from one list; a validator of others reads it. */
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { endpoints } from '../../../src/web/api/endpoints.ts';
import { type TestApi, testApi } from '../../support/browser/api.ts';

let api: TestApi;
beforeEach(async () => {
  api = await testApi();
});
afterEach(() => api.close());

test('the document is valid OpenAPI 3.1, and needs no token', async () => {
  const { status, body } = await api.get('/openapi.json');
  expect(status).toBe(200);
  const validator = new Validator();
  expect(await validator.validate({ ...body })).toEqual({ valid: true });
  expect(validator.version).toBe('3.1');
  expect(body).toMatchObject({ servers: [{ url: api.url }] });
});

test('the page of docs names every address', async () => {
  const { status, text, headers } = await api.get('/docs');
  expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  for (const { method, path, summary } of endpoints) {
    expect(text).toContain(`${method} ${path}`.replaceAll('/', '&#x2F;'));
    expect(text).toContain(summary);
  }
  expect(text).not.toContain('<script');
});
