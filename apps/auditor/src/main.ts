#!/usr/bin/env node
import { runProgram } from '@countersign/program';
import { runAudit } from './command-line.ts';

await runProgram(runAudit);
