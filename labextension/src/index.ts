import {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ILauncher } from '@jupyterlab/launcher';
import init from '../wasm/scoped_launcher.js';

const ready = init();

const gate: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-scoped-launcher:gate',
  description: 'Shows the launcher cards that the policy allows.',
  autoStart: true,
  requires: [ILauncher],
  activate: (app: JupyterFrontEnd, launcher: ILauncher) => {
    void ready;
  }
};

export default gate;
