import type { JupyterFrontEnd } from '@jupyterlab/application';
import { VDomModel } from '@jupyterlab/ui-components';
import type { ILauncherState } from '../launcherState';
import type { AccessClient, IAccess, Subject } from './accessClient';
import { type IPageCard, getPageCards } from './pageCards';

/**
 * The cards that the visitor may know of, or those of whom the launcher is looked at as.
 */
export class AccessModel extends VDomModel {
  /**
   * @param _client - Asks the server.
   * @param _state - The launcher.
   * @param _specs - Has the kernelspecs.
   */
  constructor(
    private readonly _client: AccessClient,
    private readonly _state: ILauncherState,
    private readonly _specs: JupyterFrontEnd['serviceManager']['kernelspecs']
  ) {
    super();
  }

  /** The last answer; null until there is one. */
  access: IAccess | null = null;

  /** Why the last request failed; null if it did not. */
  error: string | null = null;

  /** Whether a request is under way. */
  isLoading = false;

  /** When the facts of the last answer were read, by `Date.now()`. */
  readAtMs = 0;

  /** As whom the launcher is looked at; null for the visitor. */
  get subject(): Subject | null {
    return this._subject;
  }

  /** The cards of the page that the last answer is about, by their id. */
  get pageCards(): ReadonlyMap<string, IPageCard> {
    return this._pageCards;
  }

  /**
   * Asks the server again. Of several requests, the last one counts.
   *
   * @param subject - As whom, from now on. Without it, as before.
   * @returns A promise of whether the answer is there; false if the request failed, or a later one counts.
   */
  async load(subject: Subject | null = this._subject): Promise<boolean> {
    const number = ++this._requestCount;
    this.isLoading = true;
    this.stateChanged.emit();
    const pageCards = getPageCards(this._state, this._specs);
    let isLast = true;
    try {
      const access = await this._client.load(
        pageCards.map(({ card }) => card),
        subject ?? undefined
      );
      isLast = number === this._requestCount;
      if (isLast) {
        this.access = access;
        this.error = null;
        this.readAtMs = Date.now() - access.age_s * 1000;
        this._subject = subject;
        this._pageCards = new Map(pageCards.map(page => [page.card.id, page]));
      }
      return isLast;
    } catch (error) {
      isLast = number === this._requestCount;
      if (isLast) {
        this.error = error instanceof Error ? error.message : String(error);
      }
      return false;
    } finally {
      if (isLast) {
        this.isLoading = false;
        this.stateChanged.emit();
      }
    }
  }

  /**
   * Forgets as whom the launcher was looked at, and what was answered about them. A request under way does not count any more.
   */
  endPreview(): void {
    this._requestCount += 1;
    this._subject = null;
    this.access = null;
    this.error = null;
    this.isLoading = false;
    this.stateChanged.emit();
  }

  private _subject: Subject | null = null;
  private _pageCards: ReadonlyMap<string, IPageCard> = new Map();
  private _requestCount = 0;
}
