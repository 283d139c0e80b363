import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exists, lineAt, listWorkspaces, readManifest, type Finding } from '../tree.ts';
import { proseLines } from './anchors.ts';

const PAGE = 'docs/dependencies.md';

interface Row {
  readonly line: number;
  readonly cells: readonly string[];
}

/**
 * Holds docs/dependencies.md against the manifests: one row `name | version | licence | … | reason` for every
 * dependency of the root and the workspaces, in its version and with the licence that its package states.
 */
export function checkDependencies(root: string): Finding[] {
  if (!exists(join(root, PAGE))) return [{ file: PAGE, line: 1, text: 'the page does not exist' }];
  const findings: Finding[] = [];
  const rows = readRows(readFileSync(join(root, PAGE), 'utf8'));
  const declared = declaredVersions(root);
  for (const [name, { version, file, line }] of declared) {
    const row = rows.get(name);
    if (row === undefined) findings.push({ file, line, text: `${name} is not listed in ${PAGE}` });
    else findings.push(...checkRow(root, name, version, row));
  }
  for (const [name, { line }] of rows) {
    if (!declared.has(name)) findings.push({ file: PAGE, line, text: `${name} is declared nowhere` });
  }
  return findings;
}

function checkRow(root: string, name: string, version: string, row: Row): Finding[] {
  const findings: Finding[] = [];
  const [, listedVersion, licence, ...rest] = row.cells;
  const refuse = (text: string): void => {
    findings.push({ file: PAGE, line: row.line, text });
  };
  if (listedVersion !== version) refuse(`${name} is ${version}, not ${listedVersion ?? 'nothing'}`);
  if ((rest.at(-1) ?? '').length < 10) refuse(`${name} has no reason`);
  if (exists(join(root, 'node_modules', name, 'package.json'))) {
    const { license } = readManifest(root, `node_modules/${name}`);
    const stated = license ?? 'none stated';
    if (stated !== licence) refuse(`${name} is under ${stated}, not ${licence ?? 'nothing'}`);
  }
  return findings;
}

function readRows(page: string): Map<string, Row> {
  const rows = new Map<string, Row>();
  for (const { line, text } of proseLines(page)) {
    const cells = text.split('|').slice(1, -1);
    const name = /^`([^`]+)`$/u.exec(cells[0]?.trim() ?? '')?.[1];
    if (name !== undefined) rows.set(name, { line, cells: cells.map((cell) => cell.trim()) });
  }
  return rows;
}

interface Declared {
  readonly version: string;
  readonly file: string;
  readonly line: number;
}

function declaredVersions(root: string): Map<string, Declared> {
  const declared = new Map<string, Declared>();
  for (const folder of ['', ...listWorkspaces(root)]) {
    const { dependencies, devDependencies, optionalDependencies } = readManifest(root, folder);
    const file = folder === '' ? 'package.json' : `${folder}/package.json`;
    const text = readFileSync(join(root, file), 'utf8');
    const all = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies });
    for (const [name, version] of all) {
      if (name.startsWith('@countersign/')) continue;
      declared.set(name, { version, file, line: lineAt(text, text.indexOf(`"${name}"`)) });
    }
  }
  return declared;
}
