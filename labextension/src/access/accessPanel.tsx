import { Clipboard, Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import {
  Button,
  FilterBox,
  VDomRenderer,
  refreshIcon
} from '@jupyterlab/ui-components';
import * as React from 'react';
import type { IExplainedCard } from './accessClient';
import type { AccessModel } from './accessModel';
import { AccessTable } from './accessTable';
import type { IRequester } from './contactLink';
import { toRuleText } from './ruleText';

/**
 * How often the age of the facts is written anew, in milliseconds.
 */
const AGE_INTERVAL_MS = 1000;

/**
 * What the buttons of the panel do.
 */
export interface IPanelActions {
  /** Asks the server again. */
  refresh(): void;
  /** Asks as whom to look at the launcher. */
  seeAs(): void;
}

/**
 * The panel "Launcher access": all cards that the visitor may know of, with the reasons.
 */
export class AccessPanel extends VDomRenderer<AccessModel> {
  /**
   * @param model - The cards.
   * @param _getRequester - Who asks for access.
   * @param _actions - What its buttons do.
   * @param _trans - The bundle of this package.
   */
  constructor(
    model: AccessModel,
    private readonly _getRequester: () => IRequester,
    private readonly _actions: IPanelActions,
    private readonly _trans: TranslationBundle
  ) {
    super(model);
    this.addClass('jp-ScopedLauncher-panel');
    this.id = 'scoped-launcher-access';
  }

  protected override render(): JSX.Element {
    return (
      <Panel
        model={this.model}
        requester={this._getRequester()}
        actions={this._actions}
        trans={this._trans}
      />
    );
  }
}

function Panel(props: {
  model: AccessModel;
  requester: IRequester;
  actions: IPanelActions;
  trans: TranslationBundle;
}): JSX.Element {
  const { model, actions, trans } = props;
  const { access, subject } = model;
  const [query, setQuery] = React.useState('');
  const copyRule = (card: IExplainedCard) => {
    Clipboard.copyToSystem(toRuleText(card));
    Notification.success(trans.__('Copied the rule.'), { autoClose: 3000 });
  };
  return (
    <>
      <h2>{trans.__('Launcher access')}</h2>
      <p>
        {subject === null
          ? trans.__(
              'Which cards the launcher shows you, and why. Hidden cards are listed only where the launcher policy lets you know of them.'
            )
          : trans.__(
              'Which cards the launcher shows somebody else, and why. In the reasons, “you” is that person.'
            )}
      </p>
      <div className="jp-ScopedLauncher-tools">
        <FilterBox
          updateFilter={(_, text) => setQuery(text ?? '')}
          placeholder={trans.__('Filter the cards')}
          showIcon
        />
        <Button
          className="jp-mod-styled"
          onClick={actions.refresh}
          // A button that is disabled would lose the focus.
          aria-disabled={model.isLoading}
        >
          <refreshIcon.react tag="span" aria-hidden="true" />
          {trans.__('Ask again')}
        </Button>
        {access?.may_preview && subject === null && (
          <Button className="jp-mod-styled" onClick={actions.seeAs}>
            {trans.__('See as…')}
          </Button>
        )}
        <Age model={model} trans={trans} />
      </div>
      {model.error && (
        <p role="alert" className="jp-ScopedLauncher-error">
          {trans.__('The cards cannot be explained: %1', model.error)}
        </p>
      )}
      {access === null ? (
        !model.error && <p role="status">{trans.__('Loading…')}</p>
      ) : (
        <AccessTable
          cards={access.cards}
          query={query}
          hasDetails={access.may_preview}
          requester={props.requester}
          onCopyRule={copyRule}
          trans={trans}
        />
      )}
    </>
  );
}

/**
 * When the Hub was asked about the visitor.
 */
function Age(props: {
  model: AccessModel;
  trans: TranslationBundle;
}): JSX.Element | null {
  const { model, trans } = props;
  const [, setNow] = React.useState(0);
  React.useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), AGE_INTERVAL_MS);
    return () => clearInterval(timer);
  }, []);
  if (model.access === null) {
    return null;
  }
  const seconds = Math.max(0, Math.round((Date.now() - model.readAtMs) / 1000));
  return (
    <span className="jp-ScopedLauncher-age">
      {model.access.stale
        ? trans.__('JupyterHub does not answer. Asked %1 s ago.', seconds)
        : trans.__('Asked %1 s ago.', seconds)}
    </span>
  );
}
