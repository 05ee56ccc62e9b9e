// As run.js, with the probe of eventual@0.1.0. Its input and output are files here: nothing is queued.
import { run } from './probe-eventual/probe.js';

run.run();
