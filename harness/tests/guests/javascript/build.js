// Builds the component, with a bug if one is named. Usage: node build.js OUTPUT [BUG]
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { componentize } from '@bytecodealliance/componentize-js';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const [output, bug = ''] = process.argv.slice(2);
if (!output) throw new Error('usage: node build.js OUTPUT [BUG]');

const source = await readFile(here('store.js'), 'utf8');
const { component } = await componentize(`globalThis.bug = ${JSON.stringify(bug)};\n${source}`, {
  sourceName: 'store.js',
  witPath: here('../../../wit/eventual-0.1.0-method'),
  // The shape in which consuming is a method: for the static one, componentize-js 0.23 deletes a
  // table entry by its handle instead of its representation, and so loses another resource.
  worldName: 'wasi:keyvalue/store',
  disableFeatures: ['http', 'fetch-event'],
});
await writeFile(output, component);
