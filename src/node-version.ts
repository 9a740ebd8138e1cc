/** Ends the process where Node is older than `engines` of `package.json` asks for, with a sentence in place of a syntax error. */
const LEAST = { major: 20, minor: 19 };

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < LEAST.major || (major === LEAST.major && minor < LEAST.minor)) {
  process.stderr.write(
    `Latchkey needs Node.js ${LEAST.major}.${LEAST.minor} or newer, and ${process.execPath} is ${process.versions.node}. Install a newer one, or start Latchkey with it\n`,
  );
  process.exit(1);
}
