import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Placeholders } from './placeholders.ts';
import type { Step } from './transcript.ts';

const repository = join(import.meta.dirname, '..', '..');
const programs = join(repository, 'node_modules', '.bin');
const commandTimeoutMs = 120_000;

/** A folder of its own in which the commands of one transcript run, with an environment of fixed variables. */
export class Stage {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'countersign-golden-'));
  readonly #placeholders: Placeholders;

  constructor() {
    this.#placeholders = new Placeholders({ dir: this.directory, repository });
  }

  /** Runs one step and returns it with what it says now. @throws Error when a step that sets the stage fails */
  async run(step: Step): Promise<Step> {
    const ended = await this.#spawn(this.#placeholders.fill(step.command));
    if (step.mark === '>') {
      if (ended.exitCode !== 0) throw new Error(`${step.command} ended with ${ended.exitCode}: ${ended.stderr}`);
      return step;
    }
    const stdout = linesOf(this.#placeholders.hide(ended.stdout));
    const stderr = linesOf(this.#placeholders.hide(ended.stderr)).map((line) => `2> ${line}`.trimEnd());
    return { ...step, said: [...stdout, ...stderr, `? ${ended.exitCode}`] };
  }

  /** Returns the promises of a step that are broken. No step may leave a temporary file behind. */
  broken({ promises }: Step): readonly string[] {
    const left = readdirSync(this.directory, { recursive: true, encoding: 'utf8' });
    const temporary = left.filter((name) => name.endsWith('.tmp')).map((name) => `left behind: ${name}`);
    return [...promises.filter((promise) => !this.#keeps(promise)), ...temporary];
  }

  end(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  #keeps(promise: string): boolean {
    const [, kind = '', rest = ''] = /^(\S+) (.+)$/.exec(this.#placeholders.fill(promise)) ?? [];
    switch (kind) {
      case 'file':
        return existsSync(join(this.directory, rest));
      case 'no-file':
        return !existsSync(join(this.directory, rest));
      case 'mode': {
        const [mode = '', path = ''] = rest.split(' ');
        return (statSync(join(this.directory, path)).mode & 0o777).toString(8) === mode;
      }
      default:
        throw new Error(`no promise ${promise}, expected file, no-file or mode`);
    }
  }

  #spawn(command: string): Promise<{ exitCode: number; stdout: string; stderr: string }> {
    const child = spawn('bash', ['-c', command], {
      cwd: this.directory,
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: a command that does not end takes its whole pipeline with it.
      detached: true,
      env: {
        PATH: `${programs}:/usr/local/bin:/usr/bin:/bin`,
        HOME: this.directory,
        // Shared, or every transcript would compile the programs anew.
        XDG_CACHE_HOME: join(repository, 'node_modules', '.cache'),
        REPOSITORY: repository,
        COUNTERSIGN_PASSPHRASE: 'countersign-demo',
        LC_ALL: 'C.UTF-8',
        TZ: 'UTC',
      },
    });
    const texts = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.stderr += text));
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        reject(new Error(`${command} did not end in ${commandTimeoutMs} ms; it said ${JSON.stringify(texts)}`));
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      }, commandTimeoutMs);
      child.on('error', reject);
      child.on('close', (status) => {
        clearTimeout(late);
        resolve({ exitCode: status ?? -1, ...texts });
      });
    });
  }
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n').map((line) => line.trimEnd());
}
