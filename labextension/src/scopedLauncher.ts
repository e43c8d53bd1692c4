import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { type ISignal, Signal } from '@lumino/signaling';
import type { Card } from '../wasm/scoped_launcher.js';
import type { ILauncherState } from './launcherState';
import type { ICardQuery, IExplanation, IScopedLauncher } from './tokens';

/**
 * An explanation as the server answers it.
 */
interface IExplanationAnswer {
  visible: boolean;
  rule: string | null;
  sentence: string;
  explanation: string;
  message: string | null;
  contact: string | null;
  request: string | null;
}

/**
 * Answers other extensions: decisions come from the engine in the page, explanations from the one in the server.
 */
export class ScopedLauncher implements IScopedLauncher {
  /**
   * @param _state - The present decisions.
   * @param _settings - How to reach the server.
   * @param _language - The language of explanations, as JupyterLab writes it.
   */
  constructor(
    private readonly _state: ILauncherState,
    private readonly _settings: ServerConnection.ISettings,
    private readonly _language: string
  ) {
    _state.changed.connect(() => this._changed.emit());
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  may(card: ICardQuery): boolean {
    return this._state.decideCard(toEngineCard(card)).isShown;
  }

  async explain(card: ICardQuery): Promise<IExplanation> {
    const url = URLExt.join(this._settings.baseUrl, 'scoped-launcher/explain');
    const response = await ServerConnection.makeRequest(
      url + URLExt.objectToQueryString({ lang: this._language }),
      {
        method: 'POST',
        body: JSON.stringify({ cards: [toEngineCard(card)] })
      },
      this._settings
    );
    if (!response.ok) {
      throw await ServerConnection.ResponseError.create(response);
    }
    const { explanations } = (await response.json()) as {
      explanations: [IExplanationAnswer];
    };
    const { visible, request, ...texts } = explanations[0];
    return {
      isShown: visible,
      rule: texts.rule,
      sentence: texts.sentence,
      explanation: texts.explanation,
      message: texts.message,
      contact: texts.contact,
      requestGroup: request
    };
  }

  private readonly _changed = new Signal<this, void>(this);
}

function toEngineCard(card: ICardQuery): Card {
  const { kind, owner, name } = card;
  return { id: `${kind}:${owner ? `${owner}/` : ''}${name}`, ...card };
}
