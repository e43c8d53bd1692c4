import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { apiPlugin } from './apiPlugin';
import { launcherPlugin } from './launcherPlugin';

export * from './tokens';

const plugins: JupyterFrontEndPlugin<unknown>[] = [launcherPlugin, apiPlugin];

export default plugins;
