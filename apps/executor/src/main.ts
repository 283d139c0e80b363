#!/usr/bin/env node
import { runProgram } from '@countersign/program';
import { executorMain } from './command-line.ts';

await runProgram(executorMain);
