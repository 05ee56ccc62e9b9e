// Runs the transpiled probe: standard input and output are the probe's.
//
// Node queues what a pipe has no room for until its event loop turns; this program waits for its
// next call without letting the loop turn, so part of a long answer would never be sent. Hence the
// pipe is made to block.
import process from 'node:process';
import { run } from './probe/probe.js';

process.stdout._handle?.setBlocking?.(true);
run.run();
