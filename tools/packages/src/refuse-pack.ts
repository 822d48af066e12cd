/** Refuses `npm pack` and `npm publish` in a library's own folder, which holds sources and nothing that was built. */
process.stderr.write(
  'This folder is not what is published. `npx nx build @nines/packages` puts the packages together, and their ' +
    'tarballs in tools/packages/dist/tarballs.\n',
);
process.exitCode = 1;
