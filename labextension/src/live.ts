/** The live line below a running cell: a thin bar and a text. It is no output: the notebook's file knows nothing of it. */

import type { NotebookPanel } from '@jupyterlab/notebook';

import type { LiveMessage } from './messages';

const NAME = 'memadvise-live';
const STALE_MS = 2500;
const IDLE_MS = 2000;
/** The share of the limit from which on the bar warns, and from which on it alarms. */
const TONES: [number, string][] = [
  [0.9, 'var(--jp-error-color1, #d32f2f)'],
  [0.7, 'var(--jp-warn-color1, #ef6c00)'],
  [0, 'var(--jp-brand-color1, #1976d2)']
];

/** Draw or update the line of the message's cell; an empty text takes it away. */
export function showLive(panel: NotebookPanel, message: LiveMessage): void {
  for (const cell of panel.content.widgets) {
    if (message.text === '' || cell.model.id !== message.cell_id) {
      remove(cell.node);
    } else {
      const input = cell.node.querySelector(':scope > .jp-Cell-inputWrapper');
      const line = find(cell.node) ?? (input && create(input));
      if (line) {
        update(line, message.text, message.share);
      }
    }
  }
}

/** Take every line of the notebook away: its kernel is gone, or may no longer be heard. */
export function clearLive(panel: NotebookPanel): void {
  panel.content.widgets.forEach(cell => remove(cell.node));
}

/**
 * Take every line away soon unless more is heard: the kernel said that it is idle. That can be another thread of it (a
 * subshell) while the cell still runs; when it is not, the cell's end has usually been told already.
 */
export function endLive(panel: NotebookPanel): void {
  for (const { node } of panel.content.widgets) {
    const line = find(node);
    if (line) {
      later(line, 'end', IDLE_MS, () => line.remove());
    }
  }
}

type Timer = 'stale' | 'end';

/** Do something after a while; an earlier plan of that name is given up, and with null there is no new one. */
function later(line: HTMLElement, name: Timer, milliseconds: number, action: (() => void) | null): void {
  window.clearTimeout(Number(line.dataset[name]));
  line.dataset[name] = action ? String(window.setTimeout(action, milliseconds)) : '';
}

function find(cell: HTMLElement): HTMLElement | null {
  return cell.querySelector<HTMLElement>(`:scope > .${NAME}`);
}

function remove(cell: HTMLElement): void {
  find(cell)?.remove();
}

function create(input: Element): HTMLElement {
  const line = document.createElement('div');
  line.className = NAME;
  line.setAttribute('role', 'status');
  line.setAttribute('aria-live', 'off'); // to be found, but not to be read aloud twice a second
  line.style.cssText =
    'display:flex;align-items:center;gap:10px;box-sizing:border-box;padding:4px 8px 2px 0;line-height:1.4;' +
    'margin-left:calc(var(--jp-cell-collapser-width, 8px) + var(--jp-cell-prompt-width, 64px));' +
    'font-family:var(--jp-ui-font-family);font-size:var(--jp-ui-font-size1, 13px);' +
    'font-variant-numeric:tabular-nums;color:var(--jp-ui-font-color1);transition:opacity 0.3s';
  const track = line.appendChild(document.createElement('div'));
  track.setAttribute('aria-hidden', 'true');
  track.style.cssText =
    'flex:0 0 160px;height:4px;border-radius:2px;overflow:hidden;background:var(--jp-border-color2, #e0e0e0)';
  const bar = track.appendChild(document.createElement('div'));
  bar.style.cssText = 'height:100%;border-radius:2px;transition:width 0.4s linear, background-color 0.4s';
  line.appendChild(document.createElement('span'));
  input.insertAdjacentElement('afterend', line);
  return line;
}

function update(line: HTMLElement, text: string, share: number | null): void {
  const [track, words] = [line.firstElementChild as HTMLElement, line.lastElementChild as HTMLElement];
  const bar = track.firstElementChild as HTMLElement;
  words.textContent = text;
  track.style.display = share === null ? 'none' : '';
  const part = Math.min(1, Math.max(0, share ?? 0));
  bar.style.width = `${100 * part}%`;
  bar.style.backgroundColor = TONES.find(([from]) => part >= from)![1];
  fresh(line);
}

/** Fade the line when no news comes: C code that holds the interpreter lets nobody speak. */
function fresh(line: HTMLElement): void {
  line.style.opacity = '';
  line.title = 'memadvise: resident memory of the kernel, and how long this cell has been running';
  later(line, 'end', 0, null);
  later(line, 'stale', STALE_MS, () => {
    line.style.opacity = '0.5';
    line.title = 'memadvise: as last heard; the cell is in code that lets nothing else run';
  });
}
