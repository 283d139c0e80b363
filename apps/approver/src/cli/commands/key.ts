import { generateKeyIn, type Implementation } from '@countersign/program';
import { findHome } from '../home.ts';

/** `key generate`: makes a key pair in the home, or where `--out` says. */
export const keyGenerate: Implementation = (invocation) =>
  generateKeyIn(invocation.options.text('out') ?? findHome(invocation).directory, invocation);
