import type { KernelSpec } from '@jupyterlab/services';
import type { ILauncherState } from '../launcherState';
import type { IExplanation, IScopedLauncher } from '../tokens';

/**
 * Knows why the visitor may not start a kernel.
 */
export class KernelAccess {
  /**
   * @param state - Emits when decisions may have changed.
   * @param _launcher - Asks the server for the reasons: it knows the kernels that it hides from this page.
   * @param _specs - The kernels that the server lists for this visitor.
   */
  constructor(
    state: ILauncherState,
    private readonly _launcher: IScopedLauncher,
    private readonly _specs: KernelSpec.IManager
  ) {
    state.changed.connect(this.forget, this);
    _specs.specsChanged.connect(this.forget, this);
  }

  /**
   * Whether the server lists a kernel for this visitor.
   */
  isListed(name: string): boolean {
    return this._specs.specs?.kernelspecs[name] !== undefined;
  }

  /**
   * @param name - The name of a kernel that is not listed, or that the server has refused.
   * @returns A promise of the reason. Null if no rule hides the kernel: it may not be installed. Null, too, if the server does
   * not answer: then JupyterLab does what it always does, and the server decides.
   */
  explainHidden(name: string): Promise<IExplanation | null> {
    let explained = this._explained.get(name);
    if (!explained) {
      explained = this._explain(name);
      this._explained.set(name, explained);
    }
    return explained;
  }

  /**
   * Forgets the reasons, which may be others now.
   */
  forget(): void {
    this._explained.clear();
  }

  private async _explain(name: string): Promise<IExplanation | null> {
    try {
      const explanation = await this._launcher.explain({
        kind: 'kernel',
        name
      });
      return explanation.isShown || explanation.rule === null
        ? null
        : explanation;
    } catch (error) {
      console.warn('Scoped launcher: cannot get the reason.', error);
      this._explained.delete(name);
      return null;
    }
  }

  private readonly _explained = new Map<string, Promise<IExplanation | null>>();
}
