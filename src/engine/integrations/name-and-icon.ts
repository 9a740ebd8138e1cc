/** The name and the emoji of an integration. */
import { t } from '../../core/translate.ts';
import type { Problem } from '../manifest/problem.ts';
import type { ChangedBy, Integration } from '../people/directory.ts';
import type { Transaction } from '../ports/unit-of-work.ts';
import { note } from './change-integration.ts';
import { readEmoji } from './emoji.ts';
import { judgeName } from './integrations.ts';

export interface NameAndIcon {
  readonly name: string;
  /** One emoji; undefined: none. */
  readonly icon?: string;
}

/** Changes name and emoji. @returns problems; empty when it was changed */
export async function changeNameAndIcon(
  tx: Transaction,
  integration: Integration,
  { name: wanted, icon: wantedIcon, ...deps }: NameAndIcon & ChangedBy,
): Promise<readonly Problem[]> {
  const current = await tx.integrations.hold(integration.id, 'alone');
  if (!current || current.deletedAt)
    return [{ place: 'name', message: t`${integration.name} has been deleted` }];
  const name = wanted.trim();
  const { icon, problems: wrongIcon } = iconOf(wantedIcon);
  const problems = [...(await judgeName(tx, name, current.id)), ...wrongIcon];
  if (problems.length > 0) return problems;
  if (name === current.name && icon === current.icon) return [];
  const { icon: _, ...rest } = current;
  const saved = await tx.integrations.save({ ...rest, name, ...(icon && { icon }) });
  await note(tx, saved, {
    ...deps,
    what: 'integration.renamed',
    detail: { before: current.name, name },
  });
  return [];
}

function iconOf(text: string | undefined): {
  readonly icon?: string;
  readonly problems: readonly Problem[];
} {
  if (!text?.trim()) return { problems: [] };
  const read = readEmoji(text);
  return read.ok
    ? { icon: read.emoji, problems: [] }
    : { problems: [{ place: 'icon', message: read.why }] };
}
