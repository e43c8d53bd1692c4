import type { KernelSpec } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
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
   * @param _trans - The bundle of this package.
   */
  constructor(
    state: ILauncherState,
    private readonly _launcher: IScopedLauncher,
    private readonly _specs: KernelSpec.IManager,
    private readonly _trans: TranslationBundle
  ) {
    state.changed.connect(this.forget, this);
    _specs.specsChanged.connect(() => {
      this.forget();
      this._keepTitles();
    });
    this._keepTitles();
  }

  /**
   * What a kernel is called: also one that the server does not list any more.
   */
  getTitle(name: string): string {
    return this._titles.get(name) ?? name;
  }

  /**
   * Keeps what a document calls its kernel, for kernels that the server has never listed.
   */
  addTitle(name: string, title: string): void {
    if (!this._titles.has(name)) {
      this._titles.set(name, title);
    }
  }

  /**
   * Whether the server lists a kernel for this visitor.
   */
  isListed(name: string): boolean {
    return this._specs.specs?.kernelspecs[name] !== undefined;
  }

  /**
   * @param name - The name of a kernel that is to be started.
   * @returns A promise of the reason why it is not started. Null if it may be; then the list of kernels is up to date, so that
   * JupyterLab does not start another one in its place.
   */
  async explainRefusedStart(name: string): Promise<IExplanation | null> {
    if (this.isListed(name)) {
      return null;
    }
    const explanation = await this.explainHidden(name);
    if (!explanation) {
      await this._refreshSpecs();
    }
    return explanation;
  }

  /**
   * @param name - The name of a kernel that the server has refused although it is listed in this page; empty if unknown.
   * @param error - What the server has said.
   * @returns A promise of the reason. The list of kernels is read again, too.
   */
  async explainRefusal(name: string, error: Error): Promise<IExplanation> {
    this.forget();
    void this._refreshSpecs();
    const explanation = name ? await this.explainHidden(name) : null;
    return explanation ?? refusalOf(error.message);
  }

  /**
   * @param name - The name of a kernel that is not listed, or that the server has refused.
   * @returns A promise of the reason. Null if the policy does not hide the kernel: it may not be installed.
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

  private async _refreshSpecs(): Promise<void> {
    try {
      await this._specs.refreshSpecs();
    } catch (error) {
      console.warn('Scoped launcher: cannot get the kernels.', error);
    }
  }

  private _keepTitles(): void {
    for (const [name, spec] of Object.entries(
      this._specs.specs?.kernelspecs ?? {}
    )) {
      if (spec) {
        this._titles.set(name, spec.display_name);
      }
    }
  }

  private async _explain(name: string): Promise<IExplanation | null> {
    const card = { kind: 'kernel', name } as const;
    try {
      const explanation = await this._launcher.explain(card);
      return explanation.isShown ? null : explanation;
    } catch (error) {
      console.warn('Scoped launcher: cannot get the reason.', error);
      this._explained.delete(name);
      return this._launcher.may(card)
        ? null
        : refusalOf(
            this._trans.__(
              'The server does not say why just now. Try again in a moment.'
            )
          );
    }
  }

  private readonly _titles = new Map<string, string>();
  private readonly _explained = new Map<string, Promise<IExplanation | null>>();
}

/**
 * @returns The explanation of what is refused, when there is no more to say than one sentence.
 */
function refusalOf(sentence: string): IExplanation {
  return {
    isShown: false,
    rule: null,
    sentence,
    explanation: sentence,
    message: null,
    contact: null,
    requestGroup: null
  };
}
