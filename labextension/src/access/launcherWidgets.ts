import type { JupyterFrontEnd } from '@jupyterlab/application';
import { MainAreaWidget } from '@jupyterlab/apputils';
import { type ISignal, Signal } from '@lumino/signaling';
import { BoxLayout, type Widget } from '@lumino/widgets';
import { onShellChange } from '../shellChanges';

/**
 * The class names of the contents of launchers: JupyterLab's, and that of jupyterlab-launchpad.
 */
const LAUNCHER_CLASSES = ['jp-Launcher', 'jp-LauncherBody'];

/**
 * What stands above and below the cards of a launcher.
 */
export interface ILauncherExtras {
  /** Above. */
  banner: Widget;
  /** Below. */
  footer: Widget;
}

/**
 * Adds a banner and a footer to each launcher that is opened.
 */
export class LauncherWidgets {
  /**
   * @param _app - Whose launchers they are.
   * @param _createExtras - Creates the widgets for one launcher. They are disposed of with it.
   */
  constructor(
    private readonly _app: JupyterFrontEnd,
    private readonly _createExtras: () => ILauncherExtras
  ) {
    onShellChange(_app.shell, () => this.update());
    this.update();
  }

  /**
   * The launchers that are open.
   */
  get all(): readonly MainAreaWidget[] {
    return [...this._app.shell.widgets('main')].filter(isLauncher);
  }

  /**
   * Whether the visitor has a launcher before them.
   */
  get hasVisible(): boolean {
    return this.all.some(launcher => launcher.isVisible);
  }

  /**
   * Emitted when other launchers may be open or before the visitor.
   */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /**
   * Shows the tab of a launcher.
   */
  activate(launcher: MainAreaWidget): void {
    this._app.shell.activateById(launcher.id);
  }

  /**
   * Adds what new launchers lack.
   */
  update(): void {
    for (const launcher of this.all) {
      if (!this._known.has(launcher)) {
        this._known.add(launcher);
        const { banner, footer } = this._createExtras();
        launcher.contentHeader.addWidget(banner);
        if (launcher.layout instanceof BoxLayout) {
          BoxLayout.setStretch(footer, 0);
          launcher.layout.addWidget(footer);
        }
      }
    }
    this._changed.emit();
  }

  private readonly _known = new WeakSet<MainAreaWidget>();
  private readonly _changed = new Signal<this, void>(this);
}

function isLauncher(widget: Widget): widget is MainAreaWidget {
  return (
    widget instanceof MainAreaWidget &&
    LAUNCHER_CLASSES.some(name => (widget.content as Widget).hasClass(name))
  );
}
