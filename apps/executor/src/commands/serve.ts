import { ExitCode, ProgramError, type Implementation, type Options } from '@countersign/program';
import { jsonLog } from '../serve/log.ts';
import { keepNotifying } from '../serve/notify-worker.ts';
import { defaultListen, placeOf } from '../serve/place.ts';
import { serveRoutes } from '../serve/routes.ts';
import { defaultServerLimits, openServer } from '../serve/server.ts';
import { openService } from '../serve/service.ts';
import { readTlsFiles, type TlsFiles } from '../serve/tls-files.ts';
import { inHome, type Session } from './session.ts';

/** How long what is in hand may take to end after an interrupt, beside the time that statements have. */
const stopGraceMs = 15_000;

/** `serve`: takes submissions and carries decisions over HTTP, until it is interrupted. */
export const serve: Implementation = inHome(serveHome, { stays: true });

async function serveHome({ world, run, options }: Session): Promise<ExitCode> {
  run.holdInterrupt(world.configuration.limits.statementMs + stopGraceMs);
  const tls = readTls(options, world.clock());
  const place = placeOf({
    listen: options.text('listen') ?? defaultListen,
    tls: tls !== undefined,
    behindProxy: options.flag('behindProxy'),
    names: options.texts('name'),
  });
  const log = jsonLog(run.surroundings.stderr, () => Date.now());
  const stopping = run.signal;
  const service = await openService({ world, run, log, scheme: place.scheme, stopping });
  try {
    const { doorkeeper } = service;
    const server = await openServer({
      place,
      tls,
      limits: defaultServerLimits,
      doorkeeper,
      routes: serveRoutes(service),
      log,
      trace: world.trace,
      stopping,
    });
    run.output.document({ code: 'serve/stopped', url: server.url });
    run.output.line(`listening on  ${run.output.colours.bold(server.url)}`);
    log('info', 'listening', { url: server.url });
    const notifying = keepNotifying({ world, environment: run.surroundings.environment, log }, stopping);
    if (!stopping.aborted)
      await new Promise((resolve) => stopping.addEventListener('abort', resolve, { once: true }));
    log('info', 'stopping', { inHand: service.submissions.count });
    await server.close();
    await notifying;
    return ExitCode.done;
  } finally {
    await service.close();
    log('info', 'stopped');
  }
}

/** Returns certificate and key; one without the other is a mistake. @throws ProgramError `usage/arguments`, `file/…` */
function readTls(options: Options, now: number): TlsFiles | undefined {
  const [cert, key] = [options.text('tlsCert'), options.text('tlsKey')];
  if ((cert === undefined) !== (key === undefined))
    throw new ProgramError('usage/arguments', '--tls-cert and --tls-key go together');
  return cert === undefined || key === undefined ? undefined : readTlsFiles(cert, key, now);
}
