import type { JupyterFrontEnd } from '@jupyterlab/application';
import { LauncherModel } from '@jupyterlab/launcher';
import { toCards } from '../copyCards';
import { LauncherFilter } from '../launcherFilter';
import { createTexts } from './engineFixture';

describe('toCards', () => {
  it('returns what rules can match, of each card that is shown', () => {
    const model = new LauncherModel();
    const filter = new LauncherFilter(model);
    model.add({ command: 'terminal:create-new' });
    model.add({
      command: 'notebook:create-new',
      category: 'Notebook',
      args: { kernelName: 'ir' }
    });
    model.add({ command: 'hidden:open' });
    filter.decider = { decide: items => items.map((_, i) => i !== 2) };
    const spec = { name: 'ir', display_name: 'R 4.4', language: 'R' };
    const app = {
      serviceManager: { kernelspecs: { specs: { kernelspecs: { ir: spec } } } }
    } as unknown as JupyterFrontEnd;
    const texts = createTexts({ 'terminal:create-new': 'Terminal' });
    expect(toCards(app, filter.getShownItems(), texts)).toEqual([
      {
        id: 'command:terminal:create-new',
        kind: 'command',
        name: 'terminal:create-new',
        command: 'terminal:create-new',
        category: 'Other',
        tags: [],
        title: 'Terminal'
      },
      {
        id: 'kernel:ir',
        kind: 'kernel',
        name: 'ir',
        command: 'notebook:create-new',
        category: 'Notebook',
        tags: [],
        title: 'R 4.4',
        language: 'R'
      }
    ]);
  });
});
