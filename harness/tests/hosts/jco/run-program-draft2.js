// Runs the transpiled program: the arguments of this script are its own.
import process from 'node:process';
import { _setArgs } from '@bytecodealliance/preview2-shim/cli';
import { run } from './program-draft2/program.js';

process.stdout._handle?.setBlocking?.(true);
_setArgs(['program', ...process.argv.slice(2)]);
run.run();
