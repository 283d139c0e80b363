import { document, type Route } from '../route.ts';
import type { Service } from '../service.ts';

/** Whether the process lives, whether it can work, and its numbers. Nobody needs a key for them; they name no request and no person. */
export function healthRoutes({
  world,
  metrics,
  submissions,
  stopping,
  freshPolicy,
}: Service): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/healthz',
      answerName: 'health',
      summary: 'Whether the process lives',
      access: 'open',
      answers: { 200: 'it does' },
      answer: () => document({ code: 'serve/alive' }),
    },
    {
      method: 'GET',
      path: '/readyz',
      answerName: 'health',
      summary: 'Whether a submission would be taken: store, clock, roster and policy are asked',
      access: 'open',
      answers: { 200: 'it would', 503: 'it would not; `code` says why' },
      answer: () => {
        freshPolicy();
        world.clock();
        world.chain();
        world.policy();
        return stopping.aborted
          ? document({ code: 'serve/closing' }, { status: 503, exitCode: 1 })
          : document({ code: 'serve/ready' });
      },
    },
    {
      method: 'GET',
      path: '/metrics',
      summary: 'Numbers in the text form of Prometheus',
      access: 'open',
      answers: { 200: 'the numbers' },
      answerType: 'text/plain',
      answer: () => ({
        kind: 'bytes',
        type: 'text/plain; version=0.0.4; charset=utf-8',
        bytes: metrics.text(submissions.count),
      }),
    },
  ];
}
