#!/usr/bin/env node
import { runProgram } from '@countersign/program';
import { approverMain } from './cli/command-line.ts';

await runProgram(approverMain);
