// The part of WebAssembly that the parser needs. Node and every browser have it; neither the ECMAScript
// library nor Node's types declare it.
declare namespace WebAssembly {
  /** Compiled code; it has no members of its own. */
  type Module = object;
  const Module: {
    new (bytes: ArrayBufferView<ArrayBuffer>): Module;
    imports(module: Module): { readonly name: string }[];
    exports(module: Module): { readonly name: string }[];
  };
  interface Instance {
    readonly exports: Record<string, unknown>;
  }
  const Instance: new (
    module: Module,
    imports: Record<string, Record<string, (...values: number[]) => unknown>>,
  ) => Instance;
}
