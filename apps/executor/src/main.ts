#!/usr/bin/env node
import { keepCompiledCode } from './compile-cache.ts';

keepCompiledCode(process.env);

// Imported only now: the cache keeps what is loaded after it was opened.
if (process.argv[2] === '--countersign-session') {
  const { serveAsSession } = await import('./home/session-program.ts');
  await serveAsSession();
} else if (process.argv[2] === '--countersign-rego') {
  const { serveAsRegoThread } = await import('./rego/wasm-thread.ts');
  await serveAsRegoThread();
} else {
  const { compileInForeground, runProgram } = await import('@countersign/program');
  compileInForeground();
  const { executorMain } = await import('./command-line.ts');
  await runProgram(executorMain);
}
