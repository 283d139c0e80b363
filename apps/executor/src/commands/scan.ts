import { ExitCode } from '@countersign/program';
import { scanDesk } from '../scan/desk.ts';
import { scanPage } from '../scan/page-file.ts';
import { openScanServer } from '../scan/server.ts';
import { inHome } from './session.ts';
import type { Implementation } from '@countersign/program';

const interruptGraceMs = 3000;

/** `scan`: serves the page that shows requests as codes and reads decisions, until the person interrupts. */
export const scan: Implementation = inHome(async ({ world, run }) => {
  run.holdInterrupt(interruptGraceMs);
  const server = await openScanServer(scanDesk(world), scanPage());
  try {
    run.output.document({ code: 'scan/closed', url: server.url });
    run.output.line(`open in a browser on this machine:  ${run.output.colours.bold(server.url)}`);
    run.output.note(
      'whoever has this address can carry decisions in; nobody can approve with it. Ctrl-C ends it.',
    );
    if (!run.signal.aborted) {
      await new Promise((resolve) => run.signal.addEventListener('abort', resolve, { once: true }));
    }
    return ExitCode.done;
  } finally {
    await server.close();
  }
});
