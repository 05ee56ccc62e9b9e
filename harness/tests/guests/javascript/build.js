// Builds a component, with a bug if one is named. Usage: node build.js OUTPUT [BUG] [STORE]
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { componentize } from '@bytecodealliance/componentize-js';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const [output, bug = '', store = 'store'] = process.argv.slice(2);

// For each store the interface and the world that it is one of.
const worlds = {
  // The shape in which consuming is a method: for the static one, componentize-js 0.23 deletes a
  // table entry by its handle instead of its representation, and so loses another resource.
  store: { witPath: here('../../../wit/eventual-0.1.0-method'), worldName: 'wasi:keyvalue/store' },
  'draft-store': { witPath: here('../../../wit/store-0.2.0-draft'), worldName: 'wasi:keyvalue/exports' },
};
if (!output || !worlds[store]) throw new Error('usage: node build.js OUTPUT [BUG] [STORE]');

const source = await readFile(here(`${store}.js`), 'utf8');
const { component } = await componentize(`globalThis.bug = ${JSON.stringify(bug)};\n${source}`, {
  sourceName: `${store}.js`,
  ...worlds[store],
  disableFeatures: ['http', 'fetch-event'],
});
await writeFile(output, component);
