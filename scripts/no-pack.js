/** `npm pack` and `npm publish` of the clone would take its sources: what people install is made by another command. */
process.stderr.write(
  'A clone is neither packed nor published. "npm run package" makes the package, release/latchkey-VERSION.tgz; "npm publish" takes that file.\n',
);
process.exitCode = 1;
