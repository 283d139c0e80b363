import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const LEFT_OUT = new Set([
  'node_modules',
  '.git',
  'dist',
  'coverage',
  '.countersign',
  'demo-home',
  '__pycache__',
]);

/** One thing that a check found wrong. `file` is relative to the root, `line` counts from 1. */
export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** Lists every file under `root`, as sorted relative paths with `/`; installed and built folders are left out. */
export function listFiles(root: string): string[] {
  const found: string[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!LEFT_OUT.has(entry.name)) walk(path);
      } else if (entry.isFile()) found.push(path);
    }
  };
  walk('');
  return found.sort();
}

/** Lists the workspaces that hold a package.json: the folders of `packages` and `apps`. */
export function listWorkspaces(root: string): string[] {
  const found: string[] = [];
  for (const group of ['packages', 'apps']) {
    if (!exists(join(root, group))) continue;
    for (const name of readdirSync(join(root, group)).sort()) {
      if (exists(join(root, group, name, 'package.json'))) found.push(`${group}/${name}`);
    }
  }
  return found;
}

/** True when something is at `path`. */
export function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Reads `<folder>/package.json`. */
export function readManifest(root: string, folder: string): Manifest {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest;
}

/** The number of the line that holds character `index` of `text`, from 1. */
export function lineAt(text: string, index: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < index; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}

/** Writes the findings as `file:line: text` and sets the exit code: 1 when there are any. */
export function report(check: string, findings: readonly Finding[]): void {
  for (const { file, line, text } of findings) process.stdout.write(`${file}:${line}: ${text}\n`);
  if (findings.length > 0) process.exitCode = 1;
  process.stdout.write(findings.length === 0 ? `${check}: clean\n` : `${check}: ${findings.length} found\n`);
}
