import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding } from '../tree.ts';

const COMMAND_TIMEOUT_MS = 120_000;

/** One command of a page, and how it must end. */
export interface Command {
  readonly line: number;
  readonly text: string;
  readonly exitCode: number;
}

/**
 * Lists the commands of the blocks ```` ```sh ```` that stand behind `<!-- run -->`: the lines that begin with
 * `$ `, continued while a line ends in `\`. `# exit 8` at a command's end says how it ends, otherwise with 0.
 * What stands between the commands is output and is not compared.
 */
export function listCommands(markdown: string): Command[] {
  const commands: Command[] = [];
  const lines = markdown.split('\n');
  let marked = false;
  let inBlock = false;
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (inBlock && line.startsWith('$ ')) {
      const first = at;
      let text = line.slice(2);
      for (; text.endsWith('\\') && at + 1 < lines.length; at += 1) text += `\n${lines[at + 1] ?? ''}`;
      const exitCode = Number(/#\s*exit (\d+)\s*$/u.exec(text)?.[1] ?? 0);
      commands.push({ line: first + 1, text, exitCode });
    } else if (inBlock && line.startsWith('```')) inBlock = false;
    else if (marked && line.startsWith('```')) {
      marked = false;
      inBlock = true;
    } else if (line.trim() !== '') marked = line.trim() === '<!-- run -->';
  }
  return commands;
}

/** Runs the marked commands of one page, in order, in one new folder with the checkout's programs in PATH. */
export function runCommands(root: string, path: string): Finding[] {
  const commands = listCommands(readFileSync(join(root, path), 'utf8'));
  if (commands.length === 0) return [];
  const folder = mkdtempSync(join(tmpdir(), 'countersign-docs-'));
  const env = {
    PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`,
    HOME: folder,
    TMPDIR: folder,
    NO_COLOR: '1',
  };
  const findings: Finding[] = [];
  for (const { line, text, exitCode } of commands) {
    const ended = spawnSync('bash', ['-c', text], {
      cwd: folder,
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: COMMAND_TIMEOUT_MS,
    });
    if (ended.status === exitCode) continue;
    const output = `${ended.stdout}${ended.stderr}`.trim().split('\n').slice(-5).join(' / ');
    const how = ended.status === null ? 'was stopped' : `ended with ${ended.status}`;
    findings.push({ file: path, line, text: `${how}, not ${exitCode}: ${text} (${output})` });
    break;
  }
  rmSync(folder, { recursive: true, force: true });
  return findings;
}
