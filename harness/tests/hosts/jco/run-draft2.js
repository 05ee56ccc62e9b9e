// As run.js, with the probe of the second draft.
import process from 'node:process';
import { run } from './probe-draft2/probe.js';

process.stdout._handle?.setBlocking?.(true);
run.run();
