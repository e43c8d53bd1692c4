import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ISessionContextDialogs, SessionContext } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { ILauncherState } from '../launcherState';
import { IScopedLauncher } from '../tokens';
import { KernelAccess } from './kernelAccess';
import { KernelNotes } from './kernelNotes';
import { KernelRefusals } from './kernelRefusals';
import { keepKernels } from './sessionContexts';

/**
 * Keeps open notebooks and consoles with their kernels, and says why one does not start.
 */
export const kernelsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-scoped-launcher:kernels',
  description:
    'Says why a kernel does not start, and keeps notebooks with their kernels.',
  autoStart: true,
  requires: [ILauncherState, IScopedLauncher],
  optional: [ISessionContextDialogs, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    state: ILauncherState,
    launcher: IScopedLauncher,
    dialogs: ISessionContextDialogs | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load(
      'jupyterlab_scoped_launcher'
    );
    const access = new KernelAccess(
      state,
      launcher,
      app.serviceManager.kernelspecs,
      trans
    );
    const refusals = new KernelRefusals(dialogs, trans);
    keepKernels(SessionContext.prototype, access, refusals);
    new KernelNotes(app, state, access, refusals, dialogs, trans);
  }
};
