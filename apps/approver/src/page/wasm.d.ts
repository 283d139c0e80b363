// WebAssembly as the build puts it into the page: deflated, in base64.
declare module 'libpg-query/wasm/libpg-query.wasm' {
  const deflated: string;
  export default deflated;
}
