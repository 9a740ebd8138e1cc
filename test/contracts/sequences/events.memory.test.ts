import { createMemory } from '../../../src/store/memory/stores.ts';
import { eventsContract } from './events.ts';

eventsContract(async (now) => ({ ...createMemory(now), cleanup: async () => undefined }));
