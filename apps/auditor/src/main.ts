#!/usr/bin/env node
import { compileInForeground, runProgram } from '@countersign/program';

compileInForeground();

const { runAudit } = await import('./command-line.ts');
await runProgram(runAudit);
