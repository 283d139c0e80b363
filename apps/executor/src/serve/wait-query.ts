import Type, { type Static } from 'typebox';

const secondsDefault = 10;

// 50 at most: many clients and proxies give a call up after 60.
/** How long a call may wait before it is answered with what is known. */
export const waitQuery: Type.TObject<{ wait: Type.TOptional<Type.TString> }> = Type.Object(
  {
    wait: Type.Optional(
      Type.String({ pattern: '^(?:[0-9]|[1-4][0-9]|50)$', description: 'seconds, 0 to 50; 10 unless given' }),
    ),
  },
  { additionalProperties: false },
);

export type WaitQuery = Static<typeof waitQuery>;

/** Returns the milliseconds that a query asks to wait. */
export function waitMsOf({ wait }: WaitQuery): number {
  return Number(wait ?? secondsDefault) * 1000;
}
