/** A request as the list gives it. */
export interface WaitingRequest {
  readonly id: string;
  readonly state: string;
  readonly target: string;
  readonly submitter: string;
  readonly reason: string;
  readonly words: string;
  readonly sql: readonly string[];
}

/** What became of one decision. */
export interface CarriedDecision {
  readonly outcome: string;
  readonly code?: string;
  readonly choice?: string;
  readonly request_id?: string;
}

/** What the executor refused, in its own words. */
export class ServiceError extends Error {}

/** Returns the requests that wait for approvers. @throws ServiceError */
export async function listRequests(): Promise<readonly WaitingRequest[]> {
  const answered = (await (await ask('requests')).json()) as { readonly requests: readonly WaitingRequest[] };
  return answered.requests;
}

/** Returns the bundle of a request. @throws ServiceError */
export async function exportBundle(id: string): Promise<Uint8Array> {
  const response = await ask('export', new TextEncoder().encode(id));
  return new Uint8Array(await response.arrayBuffer());
}

/** Carries a response in. @throws ServiceError */
export async function carryIn(message: Uint8Array): Promise<readonly CarriedDecision[]> {
  const response = await ask('decisions', message.slice());
  return ((await response.json()) as { readonly decisions: readonly CarriedDecision[] }).decisions;
}

async function ask(path: string, body?: Uint8Array<ArrayBuffer>): Promise<Response> {
  const headers = { 'content-type': 'application/octet-stream' };
  let response: Response;
  try {
    response = await fetch(path, body === undefined ? {} : { method: 'POST', headers, body });
  } catch {
    throw new ServiceError('countersign does not answer: was it ended? Start `countersign scan` again.');
  }
  if (response.ok) return response;
  const said = (await response.json()) as { readonly code: string; readonly message?: string };
  throw new ServiceError(`${said.message ?? 'refused'} [${said.code}]`);
}
