import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lineAt, listWorkspaces, readManifest, type Finding, type Manifest } from '../tree.ts';
import { packageName } from './package-name.ts';
import type { Source } from './source.ts';

/**
 * Checks that every workspace declares exactly the packages that its `src` imports, that everything the tests,
 * scripts and benchmarks import is declared by the root or by some workspace, and that versions are exact.
 */
export function checkManifests(root: string, sources: readonly Source[]): Finding[] {
  const findings: Finding[] = [];
  const workspaces = listWorkspaces(root);
  const declaredAnywhere = new Set<string>(workspaces.map((path) => readManifest(root, path).name));
  for (const path of ['', ...workspaces]) {
    const manifest = readManifest(root, path);
    for (const [name, version] of dependenciesOf(manifest)) {
      declaredAnywhere.add(name);
      if (/^\d+\.\d+\.\d+/u.test(version)) continue;
      findings.push(at(root, path, name, `${name} has no exact version: ${version}`));
    }
  }
  for (const path of workspaces) findings.push(...checkWorkspace(root, path, sources));
  for (const source of sources) {
    if (!source.isTest && source.room.beside === undefined) continue;
    for (const { specifier, line } of source.imports.imports) {
      if (/^(\.|node:)/u.test(specifier) || declaredAnywhere.has(packageName(specifier))) continue;
      findings.push({ file: source.path, line, text: `${packageName(specifier)} is declared nowhere` });
    }
  }
  return findings;
}

function checkWorkspace(root: string, path: string, sources: readonly Source[]): Finding[] {
  const findings: Finding[] = [];
  const declared = new Set(Object.keys(readManifest(root, path).dependencies ?? {}));
  const imported = new Set<string>();
  for (const source of sources) {
    if (source.roomPath !== path || source.isTest) continue;
    for (const { specifier, line } of source.imports.imports) {
      if (/^(\.|node:)/u.test(specifier)) continue;
      const name = packageName(specifier);
      if (imported.has(name)) continue;
      imported.add(name);
      if (declared.has(name)) continue;
      findings.push({ file: source.path, line, text: `${name} is not in ${path}/package.json` });
    }
  }
  for (const name of declared) {
    if (!imported.has(name)) findings.push(at(root, path, name, `${name} is declared and never imported`));
  }
  return findings;
}

function dependenciesOf(manifest: Manifest): [string, string][] {
  const { dependencies, devDependencies, optionalDependencies } = manifest;
  return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies });
}

function at(root: string, path: string, name: string, text: string): Finding {
  const file = path === '' ? 'package.json' : `${path}/package.json`;
  const content = readFileSync(join(root, file), 'utf8');
  return { file, line: lineAt(content, content.indexOf(`"${name}"`)), text };
}
