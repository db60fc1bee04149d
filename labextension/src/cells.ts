/** What is done to a notebook's cells: read, replace (all or none), run. */

import type { ICellModel } from '@jupyterlab/cells';
import { NotebookActions, type NotebookPanel } from '@jupyterlab/notebook';

import type { Answer, CellsMessage, Edit, Problem, ReplaceRequest } from './messages';

/** Return the notebook's code, or null if no code cell names memadvise: other notebooks are none of its business. */
export function readCells(panel: NotebookPanel): CellsMessage | null {
  const cells = codeCells(panel).map(cell => ({ id: cell.id, source: cell.sharedModel.getSource() }));
  const concerned = cells.some(cell => cell.source.includes('memadvise'));
  return concerned ? { op: 'cells', notebook: panel.context.path, cells } : null;
}

/** Make all edits, or none if one of them no longer fits. */
export function replaceCells(panel: NotebookPanel, request: ReplaceRequest): Answer {
  const problems = findProblems(panel, request);
  if (problems.length > 0) {
    return { ok: false, problems };
  }
  const inserted = new Map<string, string>();
  for (const edit of request.edits) {
    if (edit.insert_after === null) {
      replaceSource(cellById(panel, edit.cell_id)!, edit.after);
    } else {
      const anchor = inserted.get(edit.insert_after) ?? edit.insert_after;
      inserted.set(edit.cell_id, insertBelow(panel, anchor, edit));
    }
  }
  return { ok: true, inserted: Object.fromEntries(inserted) };
}

/** Run exactly these cells, in this order, and leave mode and scroll position as they were. */
export async function runCells(panel: NotebookPanel, ids: string[]): Promise<void> {
  const notebook = panel.content;
  const cells = ids.flatMap(id => notebook.widgets.find(widget => widget.model.id === id) ?? []);
  if (cells.length === 0) {
    return;
  }
  const { mode } = notebook;
  holdScroll(notebook.outerNode, 300);
  const done = NotebookActions.runCells(notebook, cells, panel.sessionContext);
  notebook.mode = mode; // runCells sets command mode and scrolls to the active cell, which nobody asked for here
  await done;
}

function holdScroll(node: HTMLElement, milliseconds: number): void {
  const top = node.scrollTop;
  const until = performance.now() + milliseconds;
  const hold = () => {
    node.scrollTop = top;
    if (performance.now() < until) {
      requestAnimationFrame(hold);
    }
  };
  requestAnimationFrame(hold);
}

/** Every reason why the request can't be done now. */
function findProblems(panel: NotebookPanel, request: ReplaceRequest): Problem[] {
  const problems: Problem[] = [];
  const fresh = new Set<string>();
  const missing = (id: string) => !fresh.has(id) && cellById(panel, id) === undefined;
  for (const edit of request.edits) {
    const wanted = edit.insert_after ?? edit.cell_id;
    if (missing(wanted)) {
      problems.push({ cell_id: wanted, reason: 'missing' });
    } else if (edit.insert_after !== null) {
      fresh.add(edit.cell_id);
    } else if (cellById(panel, edit.cell_id)?.sharedModel.getSource() !== edit.before) {
      problems.push({ cell_id: edit.cell_id, reason: 'edited' });
    }
  }
  return problems.concat(request.run.filter(missing).map(cell_id => ({ cell_id, reason: 'missing' })));
}

/** Rewrite the differing span only, as one undo step of the cell's editor; the rest keeps its cursor and marks. */
function replaceSource(cell: ICellModel, after: string): void {
  const before = cell.sharedModel.getSource();
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) {
    start++;
  }
  let kept = 0;
  const room = Math.min(before.length, after.length) - start;
  while (kept < room && before[before.length - 1 - kept] === after[after.length - 1 - kept]) {
    kept++;
  }
  // half of a surrogate pair (an emoji) written alone would come out as U+FFFD
  start -= /[\uD800-\uDBFF]/.test(before.charAt(start - 1)) ? 1 : 0;
  kept -= /[\uDC00-\uDFFF]/.test(before.charAt(before.length - kept)) ? 1 : 0;
  // edits within half a second are one undo step, unless told so; not in the public type
  const { undoManager } = cell.sharedModel as { undoManager?: { stopCapturing(): void } | null };
  undoManager?.stopCapturing();
  cell.sharedModel.updateSource(start, before.length - kept, after.slice(start, after.length - kept));
  undoManager?.stopCapturing();
}

/** Put a new code cell below another; its id is the given one unless a cell of that id is there. */
function insertBelow(panel: NotebookPanel, anchor: string, edit: Edit): string {
  const model = panel.content.model!;
  const index = [...model.cells].findIndex(cell => cell.id === anchor);
  const taken = [...model.cells].some(cell => cell.id === edit.cell_id);
  const id = taken ? {} : { id: edit.cell_id };
  const cell = model.sharedModel.insertCell(index + 1, { cell_type: 'code', source: edit.after, ...id });
  return cell.getId();
}

function codeCells(panel: NotebookPanel): ICellModel[] {
  return [...(panel.content.model?.cells ?? [])].filter(cell => cell.type === 'code');
}

function cellById(panel: NotebookPanel, id: string): ICellModel | undefined {
  return codeCells(panel).find(cell => cell.id === id);
}
