import { temporaryPostgres } from '../support/peers/postgres.ts';
import { policiesContract, START } from './policies.ts';

policiesContract(() => temporaryPostgres(() => START));
