import { temporaryDatabase } from '../../support/database/database.ts';
import { transitionsContract } from './transitions.ts';

transitionsContract((now) => temporaryDatabase(now));
