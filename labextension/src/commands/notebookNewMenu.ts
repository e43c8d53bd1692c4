import { JSONExt } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';
import { type Menu, MenuBar, type Widget } from '@lumino/widgets';

/**
 * The command of the entries for kernels, which Jupyter Notebook makes anew from the list of kernels.
 */
const CREATE_NOTEBOOK = 'notebook:create-new';

/**
 * The widgets of an application.
 */
interface IShell {
  widgets(area?: string): Iterable<Widget>;
}

/**
 * Keeps what other packages, such as jupyter-server-proxy, have added to Jupyter Notebook's menu New.
 *
 * When the list of kernels changes, Notebook empties the menu and adds its own entries alone (seen in 7.4 to 7.6). With a policy the
 * list changes while the page is open.
 *
 * @param shell - The application's.
 * @param changed - Emitted before the list of kernels is asked for.
 * @param specsChanged - Emitted when the list of kernels has changed.
 */
export function keepAddedEntries(
  shell: IShell,
  changed: ISignal<unknown, unknown>,
  specsChanged: ISignal<unknown, unknown>
): void {
  const known = new Map<Menu, Menu.IItemOptions[]>();
  const remember = () => {
    for (const menu of newMenus(shell)) {
      const items = known.get(menu) ?? [];
      known.set(menu, [...items, ...missing(menu.items, items)]);
    }
  };
  changed.connect(remember);
  specsChanged.connect(() => {
    remember();
    // Notebook may be told after this.
    setTimeout(() => {
      for (const [menu, items] of known) {
        for (const item of missing(items, menu.items)) {
          if (!menu.isDisposed && item.command !== CREATE_NOTEBOOK) {
            menu.addItem(item);
          }
        }
      }
    });
  });
}

function* newMenus(shell: IShell): Iterable<Menu> {
  for (const widget of shell.widgets('main')) {
    for (const bar of menuBars(widget)) {
      yield* bar.menus;
    }
  }
}

/**
 * The menu bars in toolbars. The menus of the application are elsewhere.
 */
function* menuBars(widget: Widget): Iterable<MenuBar> {
  if (widget instanceof MenuBar) {
    if (widget.hasClass('jp-DropdownMenu')) {
      yield widget;
    }
    return;
  }
  for (const child of widget.children()) {
    yield* menuBars(child);
  }
}

/**
 * @returns Those commands among `items` that `others` do not have.
 */
function missing(
  items: readonly Menu.IItemOptions[],
  others: readonly Menu.IItemOptions[]
): Menu.IItemOptions[] {
  return items
    .filter(({ type }) => !type || type === 'command')
    .filter(
      ({ command, args }) =>
        !others.some(
          other =>
            other.command === command &&
            JSONExt.deepEqual(other.args ?? {}, args ?? {})
        )
    )
    .map(({ command, args }) => ({ command, args }));
}
