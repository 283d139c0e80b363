#!/usr/bin/env node
import { compileInForeground, runProgram } from '@countersign/program';

compileInForeground();

const { approverMain } = await import('./cli/command-line.ts');
await runProgram(approverMain);
