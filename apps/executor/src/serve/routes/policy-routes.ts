import Type from 'typebox';
import { explainIntake } from '../../commands/policy.ts';
import { describeTarget } from '../../stages/describe-target.ts';
import { takeIn } from '../../stages/intake.ts';
import { draftOf, draftSchema, type DraftBody } from '../draft-body.ts';
import { callerRoute, document, type Route } from '../route.ts';
import type { Service } from '../service.ts';
import { targetNames } from '../target-names.ts';

/** What policy would say, and what there is to ask about. */
export function policyRoutes({ world, room, freshPolicy }: Service): readonly Route[] {
  return [
    callerRoute({
      method: 'POST',
      path: '/v1/policy/explain',
      answerName: 'explained',
      summary: 'Which rules speak on a submission, and why; nothing is run or recorded',
      answers: { 200: 'as `policy explain --json`' },
      json: draftSchema,
      answer: async ({ caller, body }) => {
        freshPolicy();
        // Nothing of it is recorded, so whose key signs it says nothing.
        const identity = { person: caller.person, signer: world.signer };
        const intake = takeIn(world, draftOf(world, caller, body as DraftBody, undefined), identity);
        return document((await room.hold(caller.person.id, () => explainIntake(world, intake))).fields);
      },
    }),
    callerRoute({
      method: 'GET',
      path: '/v1/targets',
      answerName: 'targets',
      summary: 'The databases that may be named in a submission',
      answers: { 200: '`targets`: name, engine and tags of each' },
      answer: ({ caller }) => {
        freshPolicy();
        return document({ code: 'target/listed', targets: targetNames(world, caller.person) });
      },
    }),
    callerRoute({
      method: 'GET',
      path: '/v1/targets/{name}',
      answerName: 'target',
      summary: 'Tables and columns of a database, for whoever writes statements',
      answers: { 200: 'the description' },
      params: Type.Object(
        { name: Type.String({ pattern: '^[a-z0-9][a-z0-9._-]{0,63}$' }) },
        { additionalProperties: false },
      ),
      answer: async ({ caller, params }) => {
        freshPolicy();
        const { name } = world.targetSetting(params.name);
        const { code, description } = await room.hold(caller.person.id, () =>
          describeTarget(world, name, caller.person),
        );
        return document({ code, ...description });
      },
    }),
  ];
}
