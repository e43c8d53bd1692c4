import type { TranslationBundle } from '@jupyterlab/translation';
import { Button, ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { ILauncherState } from '../launcherState';
import type { AccessModel } from './accessModel';
import { type IProblem, getProblem } from './problems';
import { describeSubject } from './subject';

/**
 * How long the first answer may take until the launcher says that it waits, in milliseconds.
 */
const WAITING_MS = 3000;

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

  /**
   * Screen readers read what is added to the element with the role: it is always there.
   */
  private _renderLines(): JSX.Element {
    const trans = this._trans;
    const problem = getProblem(this._state, trans);
    return (
      <div ref={this._observe} role="status">
        {this._renderSubject()}
        {problem && <Problem {...{ problem, state: this._state, trans }} />}
        {!problem && isWaiting(this._state) && <Waiting trans={trans} />}
      </div>
    );
  }

  private _renderSubject(): JSX.Element | null {
    const { subject, access } = this._model;
    return (
      subject && (
        <div className="jp-ScopedLauncher-previewing">
          <span>{describeSubject(subject, this._trans)}</span>
          {access?.warnings.map(warning => (
            <span key={warning}>{warning}</span>
          ))}
          <Button className="jp-mod-styled" onClick={this._onEndPreview}>
            {this._trans.__('End')}
          </Button>
        </div>
      )
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

function Problem(props: {
  problem: IProblem;
  state: ILauncherState;
  trans: TranslationBundle;
}): JSX.Element {
  const { problem, state, trans } = props;
  const remedies = {
    reload: { label: trans.__('Reload the page'), run: reload },
    'log-in': { label: trans.__('Log in'), run: reload },
    retry: { label: trans.__('Try again'), run: () => void state.refresh() }
  };
  const remedy = problem.remedy && remedies[problem.remedy];
  return (
    <div className="jp-ScopedLauncher-problem">
      <span>{problem.text}</span>
      {remedy && (
        <Button className="jp-mod-styled" onClick={remedy.run}>
          {remedy.label}
        </Button>
      )}
      {problem.details && (
        <details>
          <summary>{trans.__('Details')}</summary>
          <pre>{problem.details}</pre>
        </details>
      )}
    </div>
  );
}

/**
 * Says that the first answer takes long, if it does.
 */
function Waiting({ trans }: { trans: TranslationBundle }): JSX.Element | null {
  const [isLong, setLong] = React.useState(false);
  React.useEffect(() => {
    const timer = setTimeout(() => setLong(true), WAITING_MS);
    return () => clearTimeout(timer);
  }, []);
  return isLong ? (
    <div className="jp-ScopedLauncher-problem">
      <span>
        {trans.__('JupyterLab is asking which launcher cards you may use…')}
      </span>
    </div>
  ) : null;
}

function isWaiting({ status }: ILauncherState): boolean {
  return status === undefined || status === 'pending' || status === 'expired';
}

function reload(): void {
  window.location.reload();
}
