import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { ILauncherState } from '../launcherState';
import { IScopedLauncher } from '../tokens';
import type { CommandArgs } from './commandCards';
import { CommandFilter } from './commandFilter';
import { followEmptyKernelspecs } from './emptyKernelspecs';
import { keepAddedEntries } from './notebookNewMenu';
import { Refusals } from './refusals';

/**
 * How long an application may take to restore what was open, in milliseconds.
 */
const RESTORE_TIMEOUT_MS = 3000;

/**
 * Applies the policy to menus, palettes, toolbars and whatever else runs commands.
 */
export const commandsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-scoped-launcher:commands',
  description:
    'Applies the launcher policy to menus, the command palette and whatever else runs commands.',
  autoStart: true,
  requires: [ILauncherState],
  optional: [IScopedLauncher, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    state: ILauncherState,
    launcher: IScopedLauncher | null,
    translator: ITranslator | null
  ) => {
    const { sessions, kernelspecs } = app.serviceManager;
    const trans = (translator ?? nullTranslator).load(
      'jupyterlab_scoped_launcher'
    );
    const refusals = new Refusals(state, launcher, trans, untilShown(app));
    new CommandFilter(app.commands, state, {
      refuse: refusals.refuse,
      opensRunning: args => opensRunning(args, [...sessions.running()])
    });
    followEmptyKernelspecs(kernelspecs);
    keepAddedEntries(app.shell, state.changed, kernelspecs.specsChanged);
  }
};

/**
 * @returns A promise that resolves when the page is there. Jupyter Notebook's is not restored if what the page was opened for is
 * refused.
 */
async function untilShown(app: JupyterFrontEnd): Promise<void> {
  await app.started;
  const delay = new Promise(resolve => setTimeout(resolve, RESTORE_TIMEOUT_MS));
  await Promise.race([app.restored, delay]);
}

/**
 * Whether a command connects to a kernel that runs, by its id or by the path of its session. Such a kernel goes on when the visitor
 * may start no other of its kind.
 */
function opensRunning(
  args: CommandArgs,
  sessions: readonly { path: string }[]
): boolean {
  const { kernelId, kernelPreference, path } = args;
  const id = (kernelPreference as CommandArgs | null | undefined)?.id;
  return (
    (typeof kernelId === 'string' && kernelId !== '') ||
    (typeof id === 'string' && id !== '') ||
    sessions.some(session => session.path === path)
  );
}
