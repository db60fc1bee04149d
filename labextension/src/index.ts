/** The front end's half of memadvise: it says what the cells hold and replaces them when asked. It gives no advice. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker, NotebookActions, type NotebookPanel } from '@jupyterlab/notebook';

import { sendCells, serve } from './kernel';
import { clearLive, endLive } from './live';

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'memadvise-labextension:plugin',
  description: 'Lets memadvise see the cells of a notebook, replace their code, and show what the running one takes.',
  autoStart: true,
  requires: [INotebookTracker],
  activate: (_app: JupyterFrontEnd, tracker: INotebookTracker) => {
    tracker.forEach(panel => void follow(panel, tracker));
    tracker.widgetAdded.connect((_, panel) => void follow(panel, tracker));
    NotebookActions.executionScheduled.connect((_, { notebook }) => {
      const panel = tracker.find(candidate => candidate.content === notebook);
      if (panel) {
        sendCells(panel);
      }
    });
  }
};

/** Serve every kernel that the notebook ever gets, and greet it each time that it is new or was restarted. */
async function follow(panel: NotebookPanel, tracker: INotebookTracker): Promise<void> {
  const { context, sessionContext } = panel;
  let restarted = false;
  const greet = () => {
    const kernel = sessionContext.session?.kernel;
    if (kernel) {
      serve(kernel, tracker);
      if (kernel.connectionStatus === 'connected') {
        sendCells(panel);
      }
    }
  };
  sessionContext.kernelChanged.connect(() => {
    clearLive(panel);
    greet();
  });
  sessionContext.connectionStatusChanged.connect((_, status) => {
    greet();
    if (status !== 'connected') {
      clearLive(panel); // its end might never be heard
    }
  });
  sessionContext.statusChanged.connect((_, status) => {
    if (restarted && status === 'idle') {
      greet();
    }
    if (status === 'idle') {
      endLive(panel);
    } else if (status !== 'busy') {
      clearLive(panel); // restarting, dead: whatever became of the cell, it does not run
    }
    restarted = status === 'idle' ? false : restarted || status === 'restarting' || status === 'autorestarting';
  });
  await context.ready; // before that there are no cells to send
  greet();
}

export default plugin;
