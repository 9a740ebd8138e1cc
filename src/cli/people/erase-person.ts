import { setTimeout as pause } from 'node:timers/promises';
import { stringifyJson } from '../../core/json.ts';
import { fullName } from '../../engine/people/directory.ts';
import { beginErasure, finishErasure } from '../../engine/people/erase-person.ts';
import { CommandError } from '../command-error.ts';
import { counted } from '../counted.ts';
import { workOnRemoval } from '../removal-work.ts';
import { withPerson, writeOut } from '../session.ts';

/** `latchkey people export PERSON [--out FILE]` */
export const exportPersonCommand = (
  name: string,
  { out }: { readonly out?: string },
): Promise<void> =>
  withPerson(name, async (person, session) => {
    const data = await session.personalData.collect(person.id);
    if (!data)
      throw new CommandError(
        `${fullName(person)} was erased at the same moment, so nothing was exported`,
      );
    const note = () =>
      session.transact((tx) =>
        tx.audit('export.made', { actor: session.actor, personId: person.id }),
      );
    if (out === undefined) {
      await note();
      return session.output.json(data);
    }
    await writeOut(out, `${stringifyJson(data, 2)}\n`, { mode: 0o600, note });
    session.output.line(
      `Wrote everything that Latchkey keeps about ${fullName(person)} to ${out}, which only you can read.`,
    );
  });

/** How long we wait for runs in progress. After that the worker does the rest. */
const TIMEOUT_MS = 10_000;
const LOOK_MS = 500;

/** `latchkey people erase PERSON [--yes]` */
export const erasePersonCommand = (name: string, { yes }: { readonly yes?: true }): Promise<void> =>
  withPerson(name, async (person, session) => {
    if (!yes)
      throw new CommandError(
        `no one was erased. With --yes, Latchkey deletes everything it keeps about ${fullName(person)} <${person.email}> for good: name and addresses, access and its history, runs, requests, tasks, and imported values.\n  What stays: the audit log without their name, and a code that keeps imports from adding them again; and what was sent already.\n  Their access is removed first: they go when all of it is gone (see "latchkey access ${person.email}").\n  Add --yes to do it, and see "latchkey people export ${person.email}" first`,
      );
    const { adminEmails } = session.config;
    const begun = await session.transact(async (tx) =>
      beginErasure(tx, (await tx.people.hold(person.id)) ?? person, { ...session, adminEmails }),
    );
    if (begun.kind === 'refused') throw new CommandError(`no one was erased: ${begun.why}`);
    for (const removal of await session.stores.removals.openOf(person.id)) {
      const integration = await session.stores.integrations.find(removal.integrationId);
      if (!integration) continue;
      session.output.note(`Removing ${integration.name} …`);
      await workOnRemoval(removal, { person, integration }, session);
    }
    const until = session.now().getTime() + TIMEOUT_MS;
    let erased = await finishErasure(person.id, session);
    while (erased.kind === 'waits' && session.now().getTime() < until) {
      await pause(LOOK_MS);
      erased = await finishErasure(person.id, session);
    }
    if (erased.kind === 'waits')
      session.output.line(
        `${fullName(person)} will be erased when their open work has ended (${counted(erased.runs, 'run')}, ${counted(erased.removals, 'removal')} of access). Latchkey continues with it while it runs: see "latchkey removals ${person.email}".`,
      );
    else session.output.line('They are erased.');
  });
