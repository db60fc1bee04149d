/** The messages between kernel and front end, as docs/architecture.md defines them. */

/** The comm target on both sides. */
export const TARGET = 'memadvise';

/**
 * The comm on which the kernel speaks without a question. It is never opened: for each target that is, the application
 * asks the kernel for a thread of its own (a subshell).
 */
export const VOICE = 'memadvise-live';

/** Front end -> kernel: the notebook's code cells, in order, as they are on screen. */
export type CellsMessage = {
  op: 'cells';
  notebook: string;
  cells: { id: string; source: string }[];
};

/** One cell's new source. With `insert_after` the cell is new and goes below that cell. */
export type Edit = {
  cell_id: string;
  before: string;
  after: string;
  insert_after: string | null;
};

/** Kernel -> front end: replace the sources, all or none, then run those cells in that order. */
export type ReplaceRequest = { op: 'replace'; edits: Edit[]; run: string[] };

/** Kernel -> front end: interrupt the kernel. */
export type InterruptRequest = { op: 'interrupt' };

/** Kernel -> front end: what the running cell takes now; no answer. An empty text: it has ended. */
export type LiveMessage = { op: 'live'; cell_id: string; text: string; share: number | null };

/** Why nothing was changed: the cell was edited since, it is not there, or the request was not understood. */
export type Problem = { cell_id?: string; reason: 'edited' | 'missing' | 'unknown' };

/** Front end -> kernel, on the request's comm. `inserted` maps given ids to those of the new cells. */
export type Answer =
  | { ok: true; inserted: Record<string, string> }
  | { ok: false; problems: Problem[] };

/** Return the request, or null for anything that is not one. */
export function parseRequest(data: unknown): ReplaceRequest | InterruptRequest | null {
  if (!isObject(data)) {
    return null;
  }
  if (data.op === 'interrupt') {
    return { op: 'interrupt' };
  }
  const { op, edits, run } = data;
  if (op !== 'replace' || !Array.isArray(edits) || !Array.isArray(run)) {
    return null;
  }
  return edits.every(isEdit) && run.every(isString) ? { op, edits, run } : null;
}

/** Return what is told of the running cell, or null for anything else. */
export function parseLive(data: unknown): LiveMessage | null {
  if (!isObject(data)) {
    return null;
  }
  const { op, cell_id, text, share } = data;
  if (op !== 'live' || !isString(cell_id) || !isString(text)) {
    return null;
  }
  return { op, cell_id, text, share: typeof share === 'number' ? share : null };
}

function isEdit(value: unknown): value is Edit {
  return (
    isObject(value) &&
    [value.cell_id, value.before, value.after].every(isString) &&
    (value.insert_after === null || isString(value.insert_after))
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}
