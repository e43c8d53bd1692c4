import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { accessPlugin } from './access/plugin';
import { apiPlugin } from './apiPlugin';
import { commandsPlugin } from './commands/plugin';
import { kernelsPlugin } from './kernels/plugin';
import { launcherPlugin } from './launcherPlugin';

export * from './tokens';

const plugins: JupyterFrontEndPlugin<unknown>[] = [
  launcherPlugin,
  apiPlugin,
  commandsPlugin,
  accessPlugin,
  kernelsPlugin
];

export default plugins;
