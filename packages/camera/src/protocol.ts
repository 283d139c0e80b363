import type { Report } from './report.ts';

/** What a page asks of the worker; `id` comes back with the answer. */
export type ToWorker =
  | { readonly kind: 'open'; readonly id: number; readonly wasm: Uint8Array | undefined }
  | { readonly kind: 'picture'; readonly id: number; readonly picture: VideoFrame | ImageBitmap }
  | { readonly kind: 'file'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: 'forget'; readonly id: number };

/** What the worker answers. */
export type FromWorker =
  | { readonly kind: 'opened'; readonly id: number; readonly reader: 'zxing' | 'plain' }
  | { readonly kind: 'report'; readonly id: number; readonly report: Report }
  | { readonly kind: 'refused'; readonly id: number; readonly code: string; readonly message: string };
