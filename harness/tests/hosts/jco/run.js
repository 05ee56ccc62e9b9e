// Runs the transpiled probe: standard input and output are the probe's.
import { run } from './probe/probe.js';

run.run();
