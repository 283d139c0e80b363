const abouts = {
  'ed25519-edges': 'one departure from a good signature in each; accepted when there is no code',
  envelopes:
    'COSE_Sign1 objects asked for a record of `type`; accepted with their payload when there is no code',
};

/** Returns the text of a vector file: one vector a line. */
export function formatVectors(name: keyof typeof abouts, vectors: readonly object[]): string {
  const lines = vectors.map((vector) => `    ${JSON.stringify(vector)}`).join(',\n');
  return `{\n  "about": ${JSON.stringify(abouts[name])},\n  "vectors": [\n${lines}\n  ]\n}\n`;
}
