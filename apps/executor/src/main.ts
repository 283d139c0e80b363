#!/usr/bin/env node
import { keepCompiledCode } from './compile-cache.ts';

keepCompiledCode(process.env);

// Imported only now: the cache keeps what is loaded after it was opened.
const { runProgram } = await import('@countersign/program');
const { executorMain } = await import('./command-line.ts');
await runProgram(executorMain);
