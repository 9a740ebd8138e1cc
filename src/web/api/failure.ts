/** What a program reads where its answer fails, and what the log says of it. */
import type { ErrorRequestHandler, Request, Response } from 'express';
import type { Overtaken } from '../../core/errors/overtaken.ts';
import { StaleWrite } from '../../engine/ports/store.ts';
import { broken, overtaken, problemOf } from './body.ts';
import { sendProblem } from './problems.ts';

interface FailureDeps {
  readonly onError: (error: unknown, where: string) => void;
  readonly beaten: Overtaken;
  /** The endpoint, for the log: never an address with ids. */
  readonly whereOf: (request: Request, response: Response) => string;
}

export function answerFailure({ onError, beaten, whereOf }: FailureDeps): ErrorRequestHandler {
  // oxlint-disable-next-line max-params -- Express recognises an error handler by its four parameters.
  return (error: { readonly status?: unknown }, request, response, _next) => {
    const where = whereOf(request, response);
    // A part was already sent. Closing the connection shows the program that the rest is missing.
    if (response.headersSent) {
      onError(error, where);
      response.destroy();
      return;
    }
    const isStale = error instanceof StaleWrite;
    const problem = isStale ? overtaken : problemOf(error.status);
    if (!problem || (isStale && beaten.isEndless(where, error))) onError(error, where);
    sendProblem(response, problem ?? broken);
  };
}
