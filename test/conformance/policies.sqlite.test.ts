import { temporaryDatabase } from '../support/database/database.ts';
import { policiesContract, START } from './policies.ts';

policiesContract(() => temporaryDatabase(() => START));
