/** Who may import whom. Every rule takes all imports there are, so that each can be tried on made-up ones too. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import { globSync } from 'tinyglobby';
import { describe, expect, it } from 'vitest';
import { parseAst } from 'vitest/node';

/** One import of a file: static, dynamic, or of types alone. */
interface Import {
  from: string;
  /** A path within the project; or a package or `node:` module, as it was written. */
  to: string;
  kind: 'static' | 'dynamic' | 'types';
}

const root = join(import.meta.dirname, '..');
const floors = ['operators', 'pipelines', 'planner', 'engine', 'bench'];

/** What within `engine/` may import what stands before it. The door of the library shows all but the commands. */
const engineFloors = [
  'runtime',
  'recording',
  'profiler',
  'rehearsal',
  'tuner',
  'models',
  'gates',
  'server',
  'client',
  'load',
  'dashboard',
];
const engineOrder = [...engineFloors, 'index.ts', 'cli'];

const native = new Set(['onnxruntime-node', 'sharp']);
/** The door to what a browser can run, and who enters by it. */
const browserDoor = 'operators/browser.ts';
const inBrowser = ({ from }: Import) => from.startsWith('engine/client/');
/** What a browser is given, and so all that it leads to. */
const portable = [browserDoor, 'engine/client/index.ts'];

type Node = { type: string; source?: { value?: unknown } } & Record<string, unknown>;

function kindOf(node: Node): Import['kind'] | null {
  const allTypes = (names: unknown, key: string) =>
    Array.isArray(names) && names.length > 0 && names.every(name => name[key] === 'type');
  switch (node.type) {
    case 'ImportDeclaration':
      return node['importKind'] === 'type' || allTypes(node['specifiers'], 'importKind') ? 'types' : 'static';
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration':
      return node['exportKind'] === 'type' || allTypes(node['specifiers'], 'exportKind') ? 'types' : 'static';
    case 'ImportExpression':
      return 'dynamic';
    case 'TSImportType':
      return 'types';
    default:
      return null;
  }
}

/** All imports of a file, wherever they stand in it. */
function importsOf(from: string, text: string): Import[] {
  const found: Import[] = [];
  const visit = (node: unknown) => {
    if (Array.isArray(node)) for (const child of node) visit(child);
    else if (node !== null && typeof node === 'object') {
      const kind = kindOf(node as Node);
      const name = (node as Node).source?.value;
      if (kind && typeof name === 'string') {
        found.push({ from, to: name.startsWith('.') ? join(dirname(from), name) : name, kind });
      }
      for (const child of Object.values(node)) visit(child);
    }
  };
  visit(parseAst(text, { lang: 'ts' }, from));
  return found;
}

function allImports(): Import[] {
  const files = globSync(
    floors.map(floor => `${floor}/**/*.ts`),
    { cwd: root },
  );
  return files.flatMap(file => importsOf(file, readFileSync(join(root, file), 'utf8')));
}

function floorOf(file: string): number {
  return floors.indexOf(file.split('/', 1)[0]!);
}

function engineRank(file: string): number {
  return engineOrder.indexOf(file.split('/')[1]!);
}

function say({ from, to }: Import): string {
  return `${from} imports ${to}`;
}

/** A bench may hold a bare loop on the runtime beside ours: it does not ship. */
const ships = ({ from }: Import) => !from.startsWith('bench/');

const isInside = ({ to }: Import) => to.includes('/') && floorOf(to) >= 0;

/** Rules that one import alone can break. */
const rules: Readonly<Record<string, (found: Import) => boolean>> = {
  'goes up a floor': found => isInside(found) && floorOf(found.to) > floorOf(found.from),
  'passes by the index of a lower floor': found =>
    isInside(found) &&
    floorOf(found.to) < floorOf(found.from) &&
    !/^[a-z]+\/index\.ts$/.test(found.to) &&
    !(inBrowser(found) && found.to === browserDoor),
  'is of what a browser does not have': found =>
    inBrowser(found) &&
    !found.to.startsWith('engine/client/') &&
    found.to !== browserDoor &&
    !(found.to === 'ws' && found.kind === 'dynamic'),
  'is of a bench or a test': found => ships(found) && /^(bench|test)\//.test(found.to),
  'leaves the project by a path': ({ to }) => to.startsWith('..'),
  'goes up within the engine': found =>
    found.from.startsWith('engine/') &&
    found.to.startsWith('engine/') &&
    engineRank(found.to) > engineRank(found.from),
  'is of native code outside operators/': found =>
    ships(found) && native.has(found.to) && !found.from.startsWith('operators/'),
  'loads native code before it is needed': found =>
    ships(found) && native.has(found.to) && found.kind === 'static',
  'is of the web server outside its one file': found =>
    ships(found) && found.to === 'uWebSockets.js' && found.from !== 'engine/server/transport/uws.ts',
  'ties the planner to Node': ({ from, to }) => from.startsWith('planner/') && to.startsWith('node:'),
};

function breaches(rule: string, imports: readonly Import[]): string[] {
  return imports.filter(found => rules[rule]!(found)).map(say);
}

/** Imports of `node:` modules that `files` lead to by way of anything of ours that is loaded with them. */
function nodeModulesBehind(files: readonly string[], imports: readonly Import[]): string[] {
  const reached = new Set(files);
  // A set is walked in order of insertion, what is added on the way too.
  for (const file of reached) {
    for (const { from, to, kind } of imports)
      if (from === file && kind === 'static' && floorOf(to) >= 0) reached.add(to);
  }
  return imports.filter(({ from, to }) => reached.has(from) && to.startsWith('node:')).map(say);
}

/** A way along imports from a file back to itself, or null. */
function cycleIn(imports: readonly Import[]): string[] | null {
  const targets = new Map<string, string[]>();
  for (const { from, to } of imports) targets.set(from, [...(targets.get(from) ?? []), to]);
  const finished = new Set<string>();
  const follow = (file: string, path: readonly string[]): string[] | null => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (finished.has(file)) return null;
    for (const to of targets.get(file) ?? []) {
      const cycle = follow(to, [...path, file]);
      if (cycle) return cycle;
    }
    finished.add(file);
    return null;
  };
  for (const file of targets.keys()) {
    const cycle = follow(file, []);
    if (cycle) return cycle;
  }
  return null;
}

describe('the floors', () => {
  const imports = allImports();

  it.each(Object.keys(rules))('have no import that %s', rule => {
    expect(breaches(rule, imports)).toEqual([]);
  });

  it('keep what a browser can run free of Node', () => {
    expect(nodeModulesBehind(portable, imports)).toEqual([]);
  });

  it('have no file that imports itself by way of others', () => {
    expect(cycleIn(imports)).toBeNull();
  });

  it('place every folder of the engine in their order', () => {
    const unplaced = imports
      .map(({ from }) => from)
      .filter(file => floorOf(file) === 3 && engineRank(file) < 0);
    expect(unplaced).toEqual([]);
  });
});

describe('the checker of the floors', () => {
  const made = (from: string, to: string, kind: Import['kind'] = 'static'): Import => ({ from, to, kind });

  it('sees every way to import', () => {
    const text = [
      `import { type A, b } from './b.ts';`,
      `import type { C } from '../pipelines/index.ts';`,
      `import { type D } from './d.ts';`,
      `export * from './e.ts';`,
      `export type { F } from './f.ts';`,
      `import 'sharp';`,
      `type G = typeof import('onnxruntime-node');`,
      `const later = () => import('./h.ts');`,
      `const text = "import x from './text.ts'"; // import y from './comment.ts'`,
    ].join('\n');
    expect(importsOf('operators/a.ts', text)).toEqual([
      made('operators/a.ts', 'operators/b.ts'),
      made('operators/a.ts', 'pipelines/index.ts', 'types'),
      made('operators/a.ts', 'operators/d.ts', 'types'),
      made('operators/a.ts', 'operators/e.ts'),
      made('operators/a.ts', 'operators/f.ts', 'types'),
      made('operators/a.ts', 'sharp'),
      made('operators/a.ts', 'onnxruntime-node', 'types'),
      made('operators/a.ts', 'operators/h.ts', 'dynamic'),
    ]);
  });

  it.each([
    ['goes up a floor', made('operators/a.ts', 'pipelines/index.ts', 'types')],
    ['goes up a floor', made('planner/a.ts', 'engine/index.ts', 'dynamic')],
    ['passes by the index of a lower floor', made('engine/cli/a.ts', 'operators/tensor.ts')],
    ['passes by the index of a lower floor', made('bench/a.ts', 'engine/runtime/index.ts')],
    ['passes by the index of a lower floor', made('engine/server/a.ts', 'operators/browser.ts')],
    ['is of what a browser does not have', made('engine/client/a.ts', 'operators/index.ts')],
    ['is of what a browser does not have', made('engine/client/a.ts', 'engine/runtime/clock.ts', 'types')],
    ['is of what a browser does not have', made('engine/client/a.ts', 'ws')],
    ['is of a bench or a test', made('engine/a.ts', 'test/support/clock.ts')],
    ['leaves the project by a path', made('engine/a.ts', '../elsewhere/a.ts')],
    ['goes up within the engine', made('engine/runtime/a.ts', 'engine/cli/b.ts')],
    ['goes up within the engine', made('engine/runtime/a.ts', 'engine/index.ts')],
    ['is of native code outside operators/', made('engine/runtime/a.ts', 'sharp', 'types')],
    ['loads native code before it is needed', made('operators/a.ts', 'onnxruntime-node')],
    ['is of the web server outside its one file', made('engine/server/server.ts', 'uWebSockets.js', 'types')],
    ['ties the planner to Node', made('planner/a.ts', 'node:fs')],
  ])('finds one that %s', (rule, found) => {
    expect(breaches(rule, [made('engine/cli/main.ts', 'operators/index.ts'), found])).toEqual([say(found)]);
  });

  it('finds Node behind what a browser should run', () => {
    const chain = [made(browserDoor, 'operators/a.ts'), made('operators/a.ts', 'node:fs')];
    expect(nodeModulesBehind(portable, chain)).toEqual(['operators/a.ts imports node:fs']);
  });

  it('finds a cycle', () => {
    const ring = [made('engine/a.ts', 'engine/b.ts'), made('engine/b.ts', 'engine/c.ts', 'types')];
    expect(cycleIn(ring)).toBeNull();
    const closed = [...ring, made('engine/c.ts', 'engine/b.ts')];
    expect(cycleIn(closed)).toEqual(['engine/b.ts', 'engine/c.ts', 'engine/b.ts']);
  });
});
