/** As `engines` of `package.json` has it. */
const LEAST = { major: 20, minor: 19 };

/** Of a process that ends by itself with each start, until someone changes the configuration: the number that sysexits.h has for it. */
export const WRONG_CONFIGURATION = 78;

/** Ends the process where Node is older, with a sentence in place of a syntax error. */
export function requireNode(): void {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > LEAST.major || (major === LEAST.major && minor >= LEAST.minor)) return;
  process.stderr.write(
    `Latchkey needs Node.js ${LEAST.major}.${LEAST.minor} or newer, and ${process.execPath} is ${process.versions.node}. Install a newer one, or start Latchkey with it\n`,
  );
  process.exit(WRONG_CONFIGURATION);
}
