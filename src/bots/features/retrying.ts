import { StaleWrite } from '../../engine/ports.ts';

/** Does it again where another changed the same at the same moment: the second look sees what they did. */
export async function retrying<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StaleWrite)) throw error;
    }
  }
}
