// Writes the vector files that are computed. Run it with node; a test holds the files against it.
import { writeFileSync } from 'node:fs';
import { edgeVectors } from './edge-vectors.ts';
import { envelopeVectors } from './envelope-vectors.ts';
import { formatVectors } from './format-vectors.ts';
import { vectorPath } from './vectors.ts';

writeFileSync(vectorPath('ed25519-edges'), formatVectors('ed25519-edges', edgeVectors()));
writeFileSync(vectorPath('envelopes'), formatVectors('envelopes', envelopeVectors()));
