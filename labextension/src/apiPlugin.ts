import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { ILauncherState } from './launcherState';
import { ScopedLauncher } from './scopedLauncher';
import { IScopedLauncher } from './tokens';

/**
 * Lets other extensions ask what the policy allows.
 */
export const apiPlugin: JupyterFrontEndPlugin<IScopedLauncher> = {
  id: 'jupyterlab-scoped-launcher:api',
  description: 'Tells other extensions what the launcher policy allows.',
  autoStart: true,
  requires: [ILauncherState],
  optional: [ITranslator],
  provides: IScopedLauncher,
  activate: (
    app: JupyterFrontEnd,
    state: ILauncherState,
    translator: ITranslator | null
  ) =>
    new ScopedLauncher(
      state,
      app.serviceManager.serverSettings,
      (translator ?? nullTranslator).languageCode
    )
};
