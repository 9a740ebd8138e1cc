/** What the pages of bundles show. */
import { readFileSync } from 'node:fs';
import { compact } from '../../core/compact.ts';
import { hoursWords } from '../../core/hours.ts';
import { plural, sayNumber, t } from '../../core/translate.ts';
import type { Bundle, BundleItem } from '../../engine/bundles/bundle.ts';
import type { BundleChange, BundleText } from '../../engine/bundles/change-bundle.ts';
import { answerLine } from '../../engine/integrations/form.ts';
import { type Integration, isManual, labelOf } from '../../engine/people/directory.ts';
import type { Rule } from '../../engine/rules/rule.ts';
import { pageTemplate } from '../pages.ts';
import type { GoodSession } from '../sessions.ts';

/** A parsed form: several values where a name was there more than once. */
export type Typed = Readonly<Record<string, string | readonly string[] | undefined>>;

/** One question of an app's form, as chat asks it. */
export interface ItemField {
  readonly kind: string;
  readonly label: string;
  readonly hint?: string;
  readonly optional?: boolean;
  readonly options?: readonly { readonly label: string; readonly value: string }[];
  readonly initial?: string | readonly string[];
  /** Why it can't be asked now. */
  readonly message?: string;
}

type Refused = Extract<BundleChange, { readonly ok: false }>;

/** What every page has. */
export interface Page {
  readonly session: GoodSession;
  /** The session's first page. */
  readonly root: string;
  /** The script of all pages. */
  readonly script: string;
}

const fileOf = (name: string): URL => new URL(`./pages/${name}.mustache`, import.meta.url);
const partials = { textFields: readFileSync(fileOf('text-fields'), 'utf8') };
const template = (name: string) => pageTemplate<Record<string, unknown>>(fileOf(name), partials);
const renderList = template('list');
const renderEdit = template('edit');
const renderItem = template('item');

const frame = ({ session, root, script }: Page) => ({
  scripts: [script],
  csrf: session.csrf,
  endsAt: session.expiresAt,
  root,
});

/** Its name, description and tags: as they were typed, else as they are. */
function textFields(bundle: Bundle | undefined, typed?: BundleText, refused?: Refused) {
  const problem = (field: keyof BundleText) => (refused?.field === field ? refused.why : undefined);
  return {
    nameValue: typed?.name ?? bundle?.name ?? '',
    nameProblem: problem('name'),
    descriptionValue: typed?.description ?? bundle?.description ?? '',
    descriptionProblem: problem('description'),
    tagsValue: typed?.tags ?? bundle?.tags.join(', ') ?? '',
    tagsProblem: problem('tags'),
    ...(refused && {
      notTaken: refused.field ? t`Nothing was saved yet. See below.` : refused.why,
    }),
  };
}

const countApps = (count: number): string =>
  plural(count, { one: t`1 app`, other: t`${sayNumber(count)} apps` });
const lengthWords = (hours: number | undefined): string =>
  hours === undefined ? t`no end date` : hoursWords(hours);

interface ListView extends Page {
  readonly rows: readonly { readonly bundle: Bundle; readonly apps: number }[];
  readonly total: number;
  readonly text: string;
  readonly page: number;
  readonly pages: number;
  readonly typed?: BundleText | undefined;
  readonly refused?: Refused;
}

function list({ rows, total, text, page, pages, typed, refused, ...shown }: ListView): string {
  const to = (other: number): string =>
    `${shown.root}?${new URLSearchParams({ text, page: String(other) }).toString()}`;
  return renderList({
    ...frame(shown),
    title: t`Bundles`,
    ...textFields(undefined, typed, refused),
    isOpen: refused !== undefined || (total === 0 && text === ''),
    searched: text,
    counted:
      total === 0
        ? text === ''
          ? t`No bundles yet. Create one below.`
          : t`No bundle matches "${text}".`
        : plural(total, { one: t`1 bundle`, other: t`${sayNumber(total)} bundles` }),
    hasRows: rows.length > 0,
    rows: rows.map(({ bundle, apps }) => ({
      url: `${shown.root}/${bundle.id}`,
      rowName: bundle.name,
      about: [countApps(apps), bundle.description].filter(Boolean).join(' · '),
    })),
    hasPages: pages > 1,
    pageWords: t`Page ${sayNumber(page + 1)} of ${sayNumber(pages)}`,
    ...(page > 0 && { previous: to(page - 1) }),
    ...(page + 1 < pages && { following: to(page + 1) }),
  });
}

interface EditView extends Page {
  readonly bundle: Bundle;
  readonly items: readonly BundleItem[];
  /** Those of the items. */
  readonly apps: readonly Integration[];
  /** Those that can be added. */
  readonly offered: readonly Integration[];
  readonly rules: readonly Rule[];
  /** That files manage it. */
  readonly notice: string | undefined;
  readonly typed?: BundleText | undefined;
  readonly refused?: Refused;
}

function edit({
  bundle,
  items,
  apps,
  offered,
  rules,
  notice,
  typed,
  refused,
  ...shown
}: EditView): string {
  const name = (id: string): string => {
    const app = apps.find((each) => each.id === id);
    return app ? labelOf(app) : t`A deleted app`;
  };
  return renderEdit({
    ...frame(shown),
    title: bundle.name,
    ...textFields(bundle, typed, refused),
    notice,
    isDraft: bundle.draftVersionId !== undefined,
    ...(rules.length > 0 && { givenBy: rules.map((rule) => rule.name).join(', ') }),
    isEmpty: items.length === 0,
    items: items.map(({ integrationId, answers, hours }, index) => ({
      appId: integrationId,
      app: name(integrationId),
      about: compact([
        ...answers.map(answerLine),
        lengthWords(hours),
        apps.some((app) => app.id === integrationId && isManual(app)) && t`granted by hand`,
      ]).join(' · '),
      url: `${shown.root}/${bundle.id}/item?${new URLSearchParams({ app: integrationId }).toString()}`,
      canRise: index > 0,
      canSink: index + 1 < items.length,
    })),
    canAdd: offered.length > 0,
    addUrl: `${shown.root}/${bundle.id}/item`,
    offered: offered.map((app) => ({ appId: app.id, app: labelOf(app) })),
  });
}

interface ItemView extends Page {
  readonly bundle: Bundle;
  readonly integration: Integration;
  readonly fields: Readonly<Record<string, ItemField>>;
  /** What was typed; undefined: the answers of now. */
  readonly typed: Typed | undefined;
  readonly errors?: Readonly<Record<string, string>>;
  readonly problem?: string | undefined;
}

function item({ bundle, integration, fields, typed, errors, problem, ...shown }: ItemView): string {
  const isWrong = errors !== undefined && Object.keys(errors).length > 0;
  const notTaken = problem ?? (isWrong ? t`Nothing was saved yet. See below.` : undefined);
  return renderItem({
    ...frame(shown),
    title: t`${integration.name} in ${bundle.name}`,
    intro: isManual(integration)
      ? t`Done by hand: this creates a task.`
      : t`Your answers here apply to everyone who gets the bundle.`,
    back: `${shown.root}/${bundle.id}`,
    seen: (isWrong && typed?.['seen']) || bundle.version,
    notTaken,
    canSave: Object.values(fields).every(({ kind }) => kind !== 'problem'),
    fields: Object.entries(fields).map(([fieldName, field], index) =>
      fieldView(field, { fieldName, index, typed, problem: errors?.[fieldName] }),
    ),
  });
}

function fieldView(
  { kind, label, hint, optional, options = [], initial, message }: ItemField,
  {
    fieldName,
    index,
    typed,
    problem,
  }: {
    readonly fieldName: string;
    readonly index: number;
    readonly typed: Typed | undefined;
    readonly problem: string | undefined;
  },
) {
  const inputId = `field-${index}`;
  const values = new Set([(typed ? typed[fieldName] : initial) ?? []].flat());
  const describedBy = compact([hint && `${inputId}-hint`, problem && `${inputId}-problem`]).join(
    ' ',
  );
  return {
    inputId,
    fieldName,
    label,
    fieldHint: hint,
    fieldProblem: problem ?? message,
    isOptional: optional === true,
    describedBy: describedBy === '' ? undefined : describedBy,
    isText: kind === 'text',
    isChoice: kind === 'choice',
    isChoices: kind === 'choices',
    value: [...values].join(', '),
    options: options.map((option) => ({
      optionValue: option.value,
      optionLabel: option.label,
      isChosen: values.has(option.value),
    })),
  };
}

export const views = { list, edit, item };
