// Writes test/vectors/messages anew: node packages/messages/test/make-vectors.ts
import { mkdirSync, writeFileSync } from 'node:fs';
import { vectorFiles } from './vector-files.ts';

const folder = new URL('../../../test/vectors/messages/', import.meta.url);
mkdirSync(folder, { recursive: true });
for (const [name, text] of vectorFiles()) writeFileSync(new URL(name, folder), text);
