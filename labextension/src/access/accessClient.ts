import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type { Card } from '../../wasm/scoped_launcher.js';

/**
 * A card with why the visitor sees it, or does not, as the server answers it (docs/reference/routes.md).
 */
export interface IExplainedCard extends Omit<Card, 'args'> {
  category?: string;
  args?: Record<string, unknown> | null;
  /** Whether the visitor sees it. */
  visible: boolean;
  /** Whether it is hidden by rules that all are `locked`. */
  locked: boolean;
  /** The id of the rule that decided. */
  rule: string | null;
  /** The engine's word for the reason. */
  reason: string;
  /** The reason in words. */
  explanation: string;
  /** What the policy says to those from whom it hides the card. */
  message: string | null;
  /** Whom to ask: a mail address or a URL. */
  contact: string | null;
  /** The group that the visitor may ask to join. */
  request: string | null;
  /** Of one of the policy's own cards: how it looks, and where (see `IPolicyCard`). */
  icon: string | null;
  description: string | null;
  rank: number | null;
  open_in: 'tab' | 'lab' | null;
  file: string | null;
  /** Whether the page had it. */
  in_page: boolean;
}

/**
 * A request to join a group, as the Hub service has it.
 */
export interface IJoinRequest {
  state: 'asked' | 'approved' | 'declined' | 'withdrawn';
  /** When, in seconds since 1970. */
  asked_at: number;
  /** What whoever decided has said; may be empty. */
  answer: string;
}

/**
 * The cards that a visitor may know of.
 */
export interface IAccess {
  visitor: { user: string; admin: boolean; groups: string[] };
  /** How old the facts of the visitor are, in seconds. */
  age_s: number;
  /** Whether the Hub could not be asked. */
  stale: boolean;
  /** Whether the visitor may see the launcher as somebody else. */
  may_preview: boolean;
  /** What is not known of the visitor. */
  warnings: string[];
  /** The visitor's last request for each group. Null if the Hub has no service that takes requests. */
  requests: Record<string, IJoinRequest> | null;
  cards: IExplainedCard[];
}

/**
 * As whom the launcher is looked at: a user, or somebody in groups.
 */
export type Subject = { user: string } | { groups: string[] };

/**
 * The users whose names match what was typed; `complete` if there are no others.
 */
export interface IUserList {
  users: string[];
  complete: boolean;
}

/**
 * Asks the server why cards are shown or hidden.
 */
export class AccessClient {
  /**
   * @param _settings - How to reach the server.
   * @param _language - The language of explanations, as JupyterLab writes it.
   */
  constructor(
    private readonly _settings: ServerConnection.ISettings,
    private readonly _language: string
  ) {}

  /**
   * @param cards - The cards of the page.
   * @param subject - As whom; undefined for the visitor.
   * @returns These cards and those that the server knows. Rejects with an `Error` whose message is for people.
   */
  load(cards: readonly Card[], subject?: Subject): Promise<IAccess> {
    const body = JSON.stringify(
      subject === undefined ? { cards } : { cards, as: subject }
    );
    return this._request<IAccess>(
      'access',
      { lang: this._language },
      { method: 'POST', body }
    );
  }

  /**
   * @param prefix - The beginning of a name.
   * @returns The users of the Hub, as far as the visitor may list them.
   */
  listUsers(prefix: string): Promise<IUserList> {
    return this._request<IUserList>('visitors', { prefix }, {});
  }

  private async _request<T>(
    route: string,
    query: Record<string, string>,
    init: RequestInit
  ): Promise<T> {
    const url = URLExt.join(
      this._settings.baseUrl,
      'scoped-launcher',
      route + URLExt.objectToQueryString(query)
    );
    const response = await ServerConnection.makeRequest(
      url,
      init,
      this._settings
    );
    if (!response.ok) {
      const { message } = (await response.json().catch(() => ({}))) as {
        message?: string;
      };
      throw new Error(message ?? response.statusText);
    }
    return (await response.json()) as T;
  }
}
