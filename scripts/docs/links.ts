import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { exists, type Finding } from '../tree.ts';
import { anchorsOf, proseLines } from './anchors.ts';

const LINK = /!?\[[^\]]*\]\(<?([^)>\s]+)>?(?:\s+"[^"]*")?\)/gu;

/** Refuses links of one page to files and headings that do not exist. Links to other hosts are not followed. */
export function checkLinks(root: string, path: string): Finding[] {
  const findings: Finding[] = [];
  const page = readFileSync(join(root, path), 'utf8');
  for (const { line, text } of proseLines(page)) {
    for (const [, link = ''] of text.replaceAll(/`[^`]*`/gu, '').matchAll(LINK)) {
      const why = /^[a-z]+:/u.test(link) ? undefined : refusalOf(root, path, link);
      if (why !== undefined) findings.push({ file: path, line, text: why });
    }
  }
  return findings;
}

function refusalOf(root: string, path: string, link: string): string | undefined {
  const [name = '', anchor] = decodeURIComponent(link).split('#');
  const target = name === '' ? path : posix.join(posix.dirname(path), name);
  if (target.startsWith('..') || !exists(join(root, target))) return `the link ${link} leads nowhere`;
  if (anchor === undefined || !target.endsWith('.md')) return undefined;
  if (anchorsOf(readFileSync(join(root, target), 'utf8')).has(anchor)) return undefined;
  return `${target} has no heading #${anchor}`;
}
