import { TOTP, URI } from 'otpauth';
import { keyUri } from '../../../src/engine/step-up/totp.ts';

/** What an authenticator app shows that has read the QR code. */
export function codeAt(key: string, at: Date): string {
  const app = URI.parse(keyUri(key, 'ann@example.com'));
  if (!(app instanceof TOTP)) throw new TypeError('It shows another code each time');
  return app.generate({ timestamp: at.getTime() });
}
