import { temporaryDatabase } from '../support/database.ts';
import { sequencesContract } from './sequences.ts';

sequencesContract((now) => temporaryDatabase(now));
