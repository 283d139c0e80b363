import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { anchorsOf } from '../docs/anchors.ts';
import { exists, listFiles, type Finding } from '../tree.ts';
import { checkCodes, listCodes, type Code } from './codes.ts';
import { checkFunctions } from './functions.ts';
import { checkPageTexts } from './page-texts.ts';
import { checkText } from './text.ts';

const TEXT =
  /(?:\.(?:[cm]?[jt]s|json|md|ya?ml|html|css|sh|txt|cel|sql|py|go)|^scripts\/[^./]+|^\.ci\/[^.]+)$/u;

/** Data that must stay as it is: hostile bytes are the point of some vectors, tabs of some transcripts. */
const DATA = /^(?:test\/(?:vectors|golden)|packages\/[^/]+\/test\/(?:vectors|golden)|package-lock\.json)/u;

/** Checks names, texts, function lengths, error codes, where the page's texts stand, and the links from code to the specification. */
export function checkTidy(root: string): Finding[] {
  const findings: Finding[] = [];
  const codes: Code[] = [];
  const errorClasses: Finding[] = [];
  for (const path of listFiles(root)) {
    if (DATA.test(path) || !TEXT.test(path)) continue;
    const bytes = readFileSync(join(root, path));
    findings.push(...checkText(path, bytes));
    if (!path.endsWith('.ts')) continue;
    const text = bytes.toString('utf8');
    const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2024, true);
    findings.push(...checkFunctions(path, file), ...checkSpecLinks(root, path, text));
    findings.push(...checkPageTexts(path, file));
    if (/^(?:packages|apps)\/[^/]+\/src\//u.test(path)) {
      codes.push(...listCodes(path, file));
      errorClasses.push(...listErrorClasses(path, text));
    }
  }
  const withCodes = new Set(codes.map(({ workspace }) => workspace));
  const without = errorClasses.filter(({ file }) => !withCodes.has(file.split('/').slice(0, 2).join('/')));
  return [...findings, ...checkCodes(codes), ...without];
}

/** A page or an anchor of the documents that a comment names must exist. */
function checkSpecLinks(root: string, path: string, text: string): Finding[] {
  const findings: Finding[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (!/^\s*(?:\/\/|\/?\*)/u.test(line)) continue;
    for (const [, page = '', anchor] of line.matchAll(/\b(docs\/[\w./-]+\.md)(?:#([\w-]+))?/gu)) {
      const refuse = (why: string): void => {
        findings.push({ file: path, line: index + 1, text: why });
      };
      if (!exists(join(root, page))) refuse(`${page} does not exist`);
      else if (anchor !== undefined && !anchorsOf(readFileSync(join(root, page), 'utf8')).has(anchor)) {
        refuse(`${page} has no heading #${anchor}`);
      }
    }
  }
  return findings;
}

/** The error classes of a file, each as what is wrong when its package has no closed union of codes. */
function listErrorClasses(path: string, text: string): Finding[] {
  return text.split('\n').flatMap((line, index) => {
    const name = /^(?:export )?class (\w+Error) extends\b/u.exec(line)?.[1];
    if (name === undefined) return [];
    return [
      { file: path, line: index + 1, text: `${name} has no type named …ErrorCode that lists its codes` },
    ];
  });
}
