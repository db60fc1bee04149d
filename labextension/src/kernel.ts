/** The two directions of the comm: one short comm for each request, so that nothing has to survive a page reload. */

import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { type Kernel, KernelMessage } from '@jupyterlab/services';
import { UUID } from '@lumino/coreutils';

import { readCells, replaceCells, runCells } from './cells';
import { showLive } from './live';
import { type Answer, parseLive, parseRequest, TARGET, VOICE } from './messages';

/** Tell the notebook's kernel what its code cells hold now. */
export function sendCells(panel: NotebookPanel): void {
  const kernel = kernelOf(panel);
  const data = kernel && readCells(panel);
  if (!kernel || !data) {
    return;
  }
  // Not kernel.createComm(): that asks the kernel for a thread of its own (a subshell) for these comms, on which the
  // message could come after the cell that it has to precede.
  const [username, session, comm_id] = [kernel.username, kernel.clientId, UUID.uuid4()];
  const common = { channel: 'shell', username, session } as const;
  try {
    for (const message of [
      KernelMessage.createMessage<KernelMessage.ICommOpenMsg<'shell'>>({
        ...common,
        msgType: 'comm_open',
        content: { comm_id, target_name: TARGET, data }
      }),
      KernelMessage.createMessage<KernelMessage.ICommCloseMsg<'shell'>>({
        ...common,
        msgType: 'comm_close',
        content: { comm_id, data: {} }
      })
    ]) {
      kernel.sendShellMessage(message, false, true);
    }
  } catch (reason) {
    console.warn('memadvise: the kernel did not take the cells', reason); // a dead kernel: the cell won't run either
  }
}

/** Answer the kernel's requests; registering again on the same connection changes nothing. */
export function serve(kernel: Kernel.IKernelConnection, tracker: INotebookTracker): void {
  if (served.has(kernel)) {
    return;
  }
  served.add(kernel);
  kernel.iopubMessage.connect((_, message) => hear(kernel, message, tracker));
  kernel.registerCommTarget(TARGET, (comm, message) => {
    // A kernel's comm_open reaches every page that shows its notebook: only the one where the click was may act.
    const asker = 'session' in message.parent_header ? message.parent_header.session : '';
    const mine = asker === '' || asker === kernel.clientId;
    // Closing only later lets the application finish opening first. Not awaited: it waits for cells to have run, and
    // the kernel's messages wait for this function.
    void (mine ? handle(comm, message.content.data, kernel, tracker) : Promise.resolve())
      .catch(reason => console.warn('memadvise: the request failed', reason))
      .then(() => setTimeout(() => (mine ? close(comm) : comm.dispose()), 0));
  });
}

/** Draw what the kernel tells of its running cell, in every view of the notebook. */
function hear(kernel: Kernel.IKernelConnection, message: KernelMessage.IIOPubMessage, tracker: INotebookTracker): void {
  if (!KernelMessage.isCommMsgMsg(message) || message.content.comm_id !== VOICE) {
    return;
  }
  const said = parseLive(message.content.data);
  if (said) {
    tracker.filter(panel => kernelOf(panel) === kernel).forEach(panel => showLive(panel, said));
  }
}

const served = new WeakSet<Kernel.IKernelConnection>();

async function handle(
  comm: Kernel.IComm,
  data: unknown,
  kernel: Kernel.IKernelConnection,
  tracker: INotebookTracker
): Promise<void> {
  const request = parseRequest(data);
  const panel = findPanel(kernel, tracker);
  const say = (answer: Answer) => void comm.send(answer);
  if (request === null) {
    say({ ok: false, problems: [{ reason: 'unknown' }] });
  } else if (request.op === 'interrupt') {
    say({ ok: true, inserted: {} });
    await kernel.interrupt();
  } else if (panel === undefined) {
    say({ ok: false, problems: request.edits.map(edit => ({ cell_id: edit.cell_id, reason: 'missing' })) });
  } else {
    const answer = replaceCells(panel, request);
    const heard = comm.send(answer).done; // the kernel may hear it on another thread than the one that runs cells
    if (answer.ok && request.run.length > 0) {
      await heard;
      await runCells(panel, request.run.map(id => answer.inserted[id] ?? id));
    }
  }
}

/** The notebook of that kernel; of two views of one notebook the one that has the focus. */
function findPanel(kernel: Kernel.IKernelConnection, tracker: INotebookTracker): NotebookPanel | undefined {
  const shows = (panel: NotebookPanel) => kernelOf(panel) === kernel;
  const { currentWidget } = tracker;
  return currentWidget && shows(currentWidget) ? currentWidget : tracker.find(shows);
}

function kernelOf(panel: NotebookPanel): Kernel.IKernelConnection | null {
  return panel.sessionContext.session?.kernel ?? null;
}

function close(comm: Kernel.IComm): void {
  if (!comm.isDisposed) {
    comm.close(); // disposed already when the kernel was restarted by what ran
  }
}
