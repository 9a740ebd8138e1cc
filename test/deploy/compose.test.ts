/**
 * What Docker is given. The schema is that of the Compose Specification (Apache-2.0), from compose-go 2.4.8 as Debian 13
 * packages it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

interface Service {
  readonly image: string;
  readonly build?: string;
  readonly ports?: readonly string[];
  readonly [key: string]: unknown;
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
}

const schemaFile = join(import.meta.dirname, 'compose-spec.schema.json');
const { $schema: _, ...schema } = JSON.parse(readFileSync(schemaFile, 'utf8')) as object & {
  readonly $schema: string;
};
const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);
const composeIn = (file: string) => parse(readFileSync(file, 'utf8'), { merge: true }) as Compose;

const DIGEST = /^[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}$/;

describe.each(['compose.yaml', 'compose.sqlite.yaml'])('%s', (file) => {
  const { services } = composeIn(file);
  const all = Object.entries(services);
  const ours = all.filter(([, { image }]) => image === 'latchkey');

  test('is what the Compose Specification takes', () => {
    validate(composeIn(file));
    expect(validate.errors).toBeNull();
  });

  test('names every image that is not built here by its digest', () => {
    const others = all.filter(([, { build }]) => build === undefined);
    expect(others.filter(([, { image }]) => !DIGEST.test(image))).toEqual([]);
  });

  test('gives Latchkey no rights and a root that is read-only', () => {
    expect(ours.length).toBeGreaterThan(0);
    for (const [, service] of ours)
      expect(service).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        stop_grace_period: '30s',
      });
  });

  test('opens no port of Latchkey but to this machine', () => {
    const open = ours.flatMap(([, { ports = [] }]) => ports);
    expect(open.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });
});

test('a mistake in a compose file is found', () => {
  expect(validate({ services: { latchkey: { image: 'latchkey', read_onyl: true } } })).toBe(false);
});

describe('Dockerfile', () => {
  const text = readFileSync('Dockerfile', 'utf8').replace(/\\\n\s*/g, ' ');
  const lines = text.split('\n').filter((line) => /^[A-Z]/.test(line));
  const all = (word: string) =>
    lines.flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : []));
  const lastStage = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));

  test('begins each stage with an image by its digest', () => {
    const images = all('FROM').map((from) => from.replace(/ AS \w+$/, ''));
    expect(images.length).toBeGreaterThan(0);
    expect(images.filter((image) => !DIGEST.test(image))).toEqual([]);
  });

  test('runs as a user without rights, with neither shell nor npm in between', () => {
    // A number: of a name Kubernetes can't tell that it isn't root, and runAsNonRoot starts nothing.
    expect(lastStage.findLast((line) => line.startsWith('USER '))).toBe('USER 1000:1000');
    for (const word of ['CMD', 'HEALTHCHECK'])
      expect(lastStage.find((line) => line.startsWith(word))).toMatch(/\["node", /);
    expect(lastStage).toContain('STOPSIGNAL SIGTERM');
  });

  test('takes nothing from outside but what the lock file covers, and has no secret', () => {
    expect(all('ADD')).toEqual([]);
    expect(all('ARG')).toEqual([]);
    expect(all('RUN').filter((run) => /curl|wget|apt-get|npm (i|install)\b/.test(run))).toEqual([]);
    expect(all('ENV').filter((env) => /TOKEN|PASSWORD|SECRET|KEYS/.test(env))).toEqual([]);
  });

  test('copies only what it names into the image that runs', () => {
    const copied = lastStage.filter((line) => line.startsWith('COPY '));
    expect(copied.filter((line) => !line.startsWith('COPY --from=build /build/'))).toEqual([]);
  });

  test('has the guide to manifests, which pages show', () => {
    const ignored = readFileSync('.dockerignore', 'utf8').split('\n');
    expect(ignored).toContain('!docs/manifest');
    expect(lastStage).toContain('COPY --from=build /build/dist/docs dist/docs');
  });

  test('has the documents that sentences name', () => {
    const ignored = readFileSync('.dockerignore', 'utf8').split('\n');
    expect(ignored).toContain('!docs/*.md');
    expect(lastStage).toContain('COPY --from=build /build/docs/*.md docs/');
  });

  test('has the terms of what is in the bundles, and no package but SQLite and what loads it', () => {
    const copied = lastStage.filter((line) => line.startsWith('COPY ')).join('\n');
    expect(copied).toContain('/build/LICENSE /build/THIRD-PARTY-NOTICES.md');
    const packages = [...copied.matchAll(/ \/build\/node_modules\/(\S+)/g)].map(([, name]) => name);
    expect(packages).toEqual(['sqlite3', 'bindings', 'file-uri-to-path']);
  });
});
