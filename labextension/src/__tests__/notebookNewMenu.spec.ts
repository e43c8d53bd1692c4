import { CommandRegistry } from '@lumino/commands';
import { Signal } from '@lumino/signaling';
import { Menu, MenuBar, Panel } from '@lumino/widgets';
import { keepAddedEntries } from '../commands/notebookNewMenu';

const OF_PROXY = 'server-proxy:open';

/** Notebook's page with its list of files, whose menu New has the entries for these kernels. */
class FilesPage {
  constructor(kernels: string[]) {
    const commands = new CommandRegistry();
    this.menu = new Menu({ commands });
    this._addOwnEntries(kernels);
    const bar = new MenuBar();
    bar.addClass('jp-DropdownMenu');
    bar.addMenu(this.menu);
    const toolbar = new Panel();
    toolbar.addWidget(bar);
    this._main.addWidget(toolbar);
  }

  readonly menu: Menu;
  readonly changed = new Signal<unknown, void>({});
  readonly specsChanged = new Signal<unknown, void>({});

  widgets() {
    return this._main.children();
  }

  /** What Notebook's plugin does when the list of kernels changes. */
  setKernels(kernels: string[]) {
    this.menu.clearItems();
    this._addOwnEntries(kernels);
  }

  entries() {
    return this.menu.items
      .filter(item => item.type === 'command')
      .map(item => item.args.kernelName ?? item.args.id ?? item.command);
  }

  private _addOwnEntries(kernels: string[]) {
    for (const kernelName of kernels) {
      this.menu.addItem({
        command: 'notebook:create-new',
        args: { kernelName }
      });
    }
    this.menu.addItem({ command: 'terminal:create-new' });
  }

  private readonly _main = new Panel();
}

const later = () => new Promise(resolve => setTimeout(resolve));

describe('keepAddedEntries', () => {
  test.each(['before', 'after'])(
    'keeps the entries of other packages if Notebook is told %s',
    async order => {
      const page = new FilesPage(['python3', 'class']);
      const followSpecs = () =>
        page.specsChanged.connect(() => page.setKernels(['python3']));
      if (order === 'before') {
        followSpecs();
      }
      keepAddedEntries(page, page.changed, page.specsChanged);
      if (order === 'after') {
        followSpecs();
      }
      page.menu.addItem({ type: 'separator' });
      page.menu.addItem({ command: OF_PROXY, args: { id: 'proxy:a' } });
      page.menu.addItem({ command: OF_PROXY, args: { id: 'proxy:b' } });
      for (let change = 0; change < 2; change++) {
        page.changed.emit();
        page.specsChanged.emit();
        await later();
        expect(page.entries()).toEqual([
          'python3',
          'terminal:create-new',
          'proxy:a',
          'proxy:b'
        ]);
      }
    }
  );

  test('adds nothing to a menu that Notebook does not empty', async () => {
    const page = new FilesPage(['python3']);
    keepAddedEntries(page, page.changed, page.specsChanged);
    page.changed.emit();
    page.specsChanged.emit();
    await later();
    expect(page.entries()).toEqual(['python3', 'terminal:create-new']);
  });
});
