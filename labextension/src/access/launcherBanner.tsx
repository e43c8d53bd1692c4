import type { TranslationBundle } from '@jupyterlab/translation';
import { Button, ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import * as React from 'react';
import { createMessages } from '../errorMessages';
import type { ILauncherState } from '../launcherState';
import type { AccessModel } from './accessModel';
import { describeSubject } from './previewMode';

/**
 * Says above the cards of a launcher what is wrong, for as long as it is, and as whom the launcher is looked at.
 */
export class LauncherBanner extends ReactWidget {
  /**
   * @param _state - The launcher.
   * @param _model - As whom it is looked at.
   * @param _onEndPreview - Ends looking as somebody else.
   * @param _trans - The bundle of this package.
   */
  constructor(
    private readonly _state: ILauncherState,
    private readonly _model: AccessModel,
    private readonly _onEndPreview: () => void,
    private readonly _trans: TranslationBundle
  ) {
    super();
    this.addClass('jp-ScopedLauncher-banner');
    // Lumino's layouts know the height of a widget from its style only.
    this._observer = new ResizeObserver(() => this._fit());
  }

  override dispose(): void {
    this._observer.disconnect();
    super.dispose();
  }

  protected override render(): JSX.Element {
    return (
      <UseSignal signal={this._state.changed}>
        {() => (
          <UseSignal signal={this._model.stateChanged}>
            {() => this._renderLines()}
          </UseSignal>
        )}
      </UseSignal>
    );
  }

  private _renderLines(): JSX.Element {
    const { subject } = this._model;
    const problem = getProblem(this._state, this._trans);
    return (
      <div ref={this._observe}>
        {subject && (
          <div className="jp-ScopedLauncher-previewing" role="status">
            <span>{describeSubject(subject, this._trans)}</span>
            <Button small onClick={this._onEndPreview}>
              {this._trans.__('End')}
            </Button>
          </div>
        )}
        {problem && (
          <div className="jp-ScopedLauncher-problem" role="status">
            <span>{problem.text}</span>
            {problem.details && (
              <details>
                <summary>{this._trans.__('Details')}</summary>
                <pre>{problem.details}</pre>
              </details>
            )}
          </div>
        )}
      </div>
    );
  }

  private readonly _observe = (lines: HTMLElement | null) => {
    this._observer.disconnect();
    this._lines = lines;
    if (lines) {
      this._observer.observe(lines);
    }
  };

  private _fit(): void {
    const height = `${this._lines?.offsetHeight ?? 0}px`;
    if (this.node.style.minHeight !== height) {
      this.node.style.minHeight = height;
      this.parent?.fit();
    }
  }

  private readonly _observer: ResizeObserver;
  private _lines: HTMLElement | null = null;
}

/**
 * @returns What is wrong, in words for the visitor, with details for those who may see them. Null if nothing is.
 */
export function getProblem(
  state: Pick<ILauncherState, 'error' | 'isStale' | 'page'>,
  trans: TranslationBundle
): { text: string; details: string | null } | null {
  const { error, page } = state;
  if (error) {
    const messages = createMessages(trans);
    const text = messages[error.code] ?? messages.unavailable;
    // The server sends the places of mistakes only to those who may see them.
    const details =
      error.code === 'invalid-policy' && error.detail.includes('\n')
        ? error.detail
        : null;
    return { text, details };
  }
  if (page?.problem) {
    return {
      text: trans.__(
        'The launcher policy file has errors. The last good policy is in use.'
      ),
      details: page.problem
    };
  }
  if (state.isStale) {
    return {
      text: trans.__(
        'JupyterHub does not answer. The launcher shows what you could use before.'
      ),
      details: null
    };
  }
  return null;
}
