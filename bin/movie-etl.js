#!/usr/bin/env node
const { main } = require('../dist/cli.cjs');

let isOver = false;
process.once('exit', (code) => {
  // Nothing is left that could ever end it. Node tells that of ES modules by itself, with this code.
  if (!isOver && code === 0) process.exitCode = 13;
});
main(process.argv).finally(() => {
  isOver = true;
});
