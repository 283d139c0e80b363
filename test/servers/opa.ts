import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { OPA } from '../../scripts/rego/bundles.ts';

/** A real OPA server on a loopback port of its own. */
export interface OpaServer {
  /** Such as `http://127.0.0.1:40123/v1/data/`. */
  readonly data: string;
  readonly stop: () => Promise<void>;
}

const patienceMs = 20_000;

/** Starts a server with the given arguments of `opa run`, such as files or `-b BUNDLE`. */
export async function startOpa(args: readonly string[]): Promise<OpaServer> {
  if (!existsSync(OPA)) throw new Error(`no ${OPA}; scripts/setup tests says why scripts/build-opa failed`);
  const port = await freePort();
  const child = spawn(
    OPA,
    [
      'run',
      '--server',
      '--addr',
      `127.0.0.1:${port}`,
      '--disable-telemetry',
      '--log-level',
      'error',
      ...args,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  const ended = new Promise((resolve) => child.on('exit', resolve));
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  const deadline = performance.now() + patienceMs;
  while (!(await isUp(port))) {
    if (child.exitCode !== null || performance.now() > deadline) {
      await stop();
      throw new Error(`opa did not start: ${complaints}`);
    }
    await pause(50);
  }
  return { data: `http://127.0.0.1:${port}/v1/data/`, stop };
}

async function isUp(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/health`)).ok;
  } catch {
    return false;
  }
}

/** Returns a port that nobody had a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
