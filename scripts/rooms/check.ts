import { builtinModules } from 'node:module';
import { join, posix } from 'node:path';
import ts from 'typescript';
import { listFiles, type Finding } from '../tree.ts';
import { checkGlobals, type Globals } from './globals.ts';
import { findCycles, reach, type Graph } from './graph.ts';
import { readImports, type Import } from './imports.ts';
import { checkManifests } from './manifests.ts';
import { packageName } from './package-name.ts';
import type { Source } from './source.ts';
import { NETWORK_MODULES, OUTSIDE, ROOMS, testsOf } from './table.ts';

const SCOPE = '@countersign/';

/** Checks the tree under `root` against the table of rooms, and every workspace's declared dependencies. */
export function checkRooms(root: string): Finding[] {
  const findings: Finding[] = [];
  const paths = listFiles(root).filter((path) => /\.[cm]?[jt]sx?$/u.test(path) && !OUTSIDE.includes(path));
  const program = parse(root, paths);
  const sources = new Map<string, Source>();
  for (const path of paths) {
    const source = place(path, program.getSourceFile(join(root, path)));
    if (source === undefined) findings.push({ file: path, line: 1, text: 'lies in no room of the table' });
    else sources.set(path, source);
  }
  for (const source of sources.values()) findings.push(...checkImports(source, sources));
  const graph = graphOf(sources);
  for (const cycle of findCycles(graph)) {
    findings.push({
      file: cycle[0] ?? '',
      line: 1,
      text: `import cycle: ${[...cycle, cycle[0]].join(' → ')}`,
    });
  }
  const offline = offlineFiles(sources, graph);
  for (const source of sources.values()) {
    if (offline.has(source.path)) findings.push(...checkOffline(source));
    if (source.isTest || source.room.builtins.includes('*')) continue;
    const file = program.getSourceFile(join(root, source.path));
    if (file === undefined) continue;
    const rules = { globals: globalsOf(source), offline: offline.has(source.path) };
    findings.push(...checkGlobals(program, file, source.path, rules));
  }
  return [...findings, ...checkManifests(root, [...sources.values()])];
}

const OPTIONS: ts.CompilerOptions = {
  noResolve: true,
  types: [],
  lib: ['lib.es2024.d.ts'],
  target: ts.ScriptTarget.ES2024,
  allowJs: true,
  noEmit: true,
};

/** The library's files, read once however many trees are checked. */
const library = new Map<string, ts.SourceFile | undefined>();

/** Reads the files without their imports and without Node's or a browser's types: see `checkGlobals`. */
function parse(root: string, paths: readonly string[]): ts.Program {
  const neutral = OUTSIDE.filter((path) => path.endsWith('.d.ts') && ts.sys.fileExists(join(root, path)));
  const host = ts.createCompilerHost(OPTIONS, true);
  const folder = host.getDefaultLibLocation?.() ?? '';
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (path, options) => {
    if (!path.startsWith(folder)) return read(path, options);
    if (!library.has(path)) library.set(path, read(path, options));
    return library.get(path);
  };
  const rootNames = [...neutral, ...paths].map((path) => join(root, path));
  return ts.createProgram({ rootNames, options: OPTIONS, host });
}

function place(path: string, file: ts.SourceFile | undefined): Source | undefined {
  const parts = path.split('/');
  const workspace = parts[0] === 'packages' || parts[0] === 'apps';
  const roomPath = workspace ? parts.slice(0, 2).join('/') : (parts[0] ?? '');
  const isTest = workspace && parts[2] === 'test';
  const product = ROOMS[roomPath];
  if (product === undefined || file === undefined) return undefined;
  const room = isTest ? testsOf(product) : product;
  if (workspace && !isTest && parts[2] !== 'src') return undefined;
  return { path, roomPath, room, isTest, imports: readImports(file) };
}

function checkImports(source: Source, sources: ReadonlyMap<string, Source>): Finding[] {
  const findings: Finding[] = [];
  const refuse = (line: number, text: string): void => {
    findings.push({ file: source.path, line, text });
  };
  if (!source.path.endsWith('.ts')) refuse(1, 'a source file ends in .ts');
  for (const { line, text } of source.imports.unreadable) refuse(line, text);
  for (const item of source.imports.imports) {
    const why = refusalOf(source, item, sources);
    if (why !== undefined) refuse(item.line, why);
    if (item.reExport && !source.path.endsWith('/src/index.ts')) {
      refuse(item.line, 'only the index.ts of a package exports from another file');
    }
  }
  return findings;
}

/** Why this import is refused, or undefined. */
function refusalOf(source: Source, item: Import, sources: ReadonlyMap<string, Source>): string | undefined {
  const { specifier } = item;
  if (specifier.startsWith('.')) return refusalOfPath(source, item, sources);
  if (specifier.startsWith('node:')) {
    const allowed = source.room.builtins;
    if (allowed.includes('*') || allowed.includes(specifier.slice(5))) return undefined;
    return `${source.roomPath} may not import ${specifier}`;
  }
  if (specifier.startsWith(SCOPE)) return refusalOfRoom(source, item);
  if (builtinModules.includes(specifier)) return `write node:${specifier}, not ${specifier}`;
  if (source.room.npm.includes(packageName(specifier))) return undefined;
  return `${source.roomPath} may not import ${packageName(specifier)}`;
}

function refusalOfRoom(source: Source, item: Import): string | undefined {
  const name = item.specifier.slice(SCOPE.length);
  if (name.includes('/')) return `deep import: a package is imported as ${SCOPE}${name.split('/')[0] ?? ''}`;
  if (source.roomPath === `packages/${name}` && !source.isTest)
    return 'a room does not import itself by name';
  if (source.room.rooms.includes(name)) return undefined;
  if (source.room.typesOf?.includes(name) !== true)
    return `${source.roomPath} may not import ${item.specifier}`;
  return item.typeOnly ? undefined : `${source.roomPath} may import types only from ${item.specifier}`;
}

function refusalOfPath(
  source: Source,
  item: Import,
  sources: ReadonlyMap<string, Source>,
): string | undefined {
  const target = posix.join(posix.dirname(source.path), item.specifier);
  const beside = source.room.beside ?? [];
  const inRoom = target.startsWith(`${source.roomPath}/`);
  if (!inRoom && !beside.some((folder) => posix.matchesGlob(target, `${folder}/**`))) {
    return `deep import: ${item.specifier} leaves ${source.roomPath}`;
  }
  if (inRoom && !source.isTest && sources.get(target)?.isTest === true)
    return 'a test is imported by the product';
  if (target.endsWith('.json') || sources.has(target)) return undefined;
  return `${item.specifier} is not a file of this tree`;
}

function graphOf(sources: ReadonlyMap<string, Source>): Graph {
  const graph = new Map<string, string[]>();
  for (const source of sources.values()) {
    const targets = source.imports.imports.map(({ specifier }) =>
      specifier.startsWith(SCOPE)
        ? `packages/${specifier.slice(SCOPE.length)}/src/index.ts`
        : posix.join(posix.dirname(source.path), specifier),
    );
    graph.set(
      source.path,
      targets.filter((target) => sources.has(target)),
    );
  }
  return graph;
}

function offlineFiles(sources: ReadonlyMap<string, Source>, graph: Graph): Set<string> {
  const starts = [...sources.values()].filter(({ room, isTest }) => room.offline === true && !isTest);
  return reach(
    graph,
    starts.map(({ path }) => path),
  );
}

function checkOffline(source: Source): Finding[] {
  return source.imports.imports
    .filter(({ specifier }) => NETWORK_MODULES.includes(specifier.replace(/^node:/u, '')))
    .map(({ specifier, line }) => ({
      file: source.path,
      line,
      text: `${specifier} is reached by a program that has no network`,
    }));
}

function globalsOf(source: Source): Globals {
  return source.path.startsWith(`${source.roomPath}/src/page/`) ? 'page' : source.room.globals;
}
