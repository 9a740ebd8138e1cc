/** Open forms in memory, for small bots without a database. */
import type { FormSessions, SessionUser, ShownForm } from '../../src/bots/view/form-sessions.ts';

export class MemorySessions implements FormSessions {
  readonly #kept = new Map<string, { shown: ShownForm; personId: string; used: boolean }>();

  async save(shown: ShownForm, { personId }: SessionUser): Promise<string> {
    const id = `session-${this.#kept.size + 1}`;
    this.#kept.set(id, { shown, personId, used: false });
    return id;
  }
  async find(id: string, { personId }: SessionUser): Promise<ShownForm | undefined> {
    const kept = this.#kept.get(id);
    return kept?.personId === personId && !kept.used ? kept.shown : undefined;
  }
  async isAnswered(id: string, { personId }: SessionUser): Promise<boolean> {
    const kept = this.#kept.get(id);
    return kept?.personId === personId && kept.used;
  }
  async use(id: string): Promise<boolean> {
    const kept = this.#kept.get(id);
    if (!kept || kept.used) return false;
    kept.used = true;
    return true;
  }
  async reopen(id: string): Promise<void> {
    const kept = this.#kept.get(id);
    if (kept) kept.used = false;
  }
}
