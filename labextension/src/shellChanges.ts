import type { JupyterFrontEnd } from '@jupyterlab/application';

type Shell = JupyterFrontEnd['shell'];

/**
 * Calls a function whenever the widgets of a shell may have changed, or another one is current.
 *
 * @param shell - The shell of the application.
 * @param update - What to call.
 */
export function onShellChange(shell: Shell, update: () => void): void {
  // Only JupyterLab's own shell says when a widget is added elsewhere.
  const { layoutModified } = shell as Partial<
    Record<'layoutModified', Shell['currentChanged']>
  >;
  for (const signal of [shell.currentChanged, layoutModified]) {
    signal?.connect(update);
  }
}
