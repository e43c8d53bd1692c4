/**
 * What this package offers to other extensions of JupyterLab.
 */
import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';
import type { CardKind } from '../wasm/scoped_launcher.js';

/**
 * A card to ask about. The policy's rules match these texts; leave out what the card does not have.
 */
export interface ICardQuery {
  /** What the card opens. */
  kind: CardKind;
  /** The name of what it opens: of a kernel, a proxied service, a Hub service or a server; the id of a command. */
  name: string;
  /** The owner of a server. */
  owner?: string;
  /** The section of the launcher, in English if it is one of JupyterLab's own. */
  category?: string;
  /** The id of the command that the card runs. */
  command?: string;
  /** Tags for rules to match. */
  tags?: string[];
  /** What stands on the card. */
  title?: string;
  /** The language of its kernel. */
  language?: string;
  /** The arguments of its command. */
  args?: Record<string, unknown>;
}

/**
 * Why a card is shown or hidden, in the language of JupyterLab.
 */
export interface IExplanation {
  /** Whether the visitor sees the card. */
  isShown: boolean;
  /** The id of the rule that decided; null if no rule did. */
  rule: string | null;
  /** All that there is to say, in one text: the reason, the policy's message, and whom to ask. */
  sentence: string;
  /** The reason alone. */
  explanation: string;
  /** What the policy says to those from whom it hides the card. */
  message: string | null;
  /** Whom to ask: a mail address or a URL. */
  contact: string | null;
  /** The group that the visitor may ask to join. */
  requestGroup: string | null;
}

/**
 * Tells other extensions what the launcher policy allows the visitor of this page.
 *
 * What the page hides is not protected by that: docs/explanation/security.md says what enforces the policy.
 */
export interface IScopedLauncher {
  /**
   * Whether the visitor sees a card, by the engine in this page. While the visitor's permissions are not known, and when
   * the policy cannot be used, false for every card that the policy governs.
   *
   * @param card - The card.
   * @returns At once. Ask again when `changed` is emitted.
   */
  may(card: ICardQuery): boolean;

  /**
   * Why a card is shown or hidden, by the engine in the server.
   *
   * @param card - The card.
   * @returns A promise of the explanation. Rejects with a `ServerConnection.ResponseError` or `NetworkError`.
   */
  explain(card: ICardQuery): Promise<IExplanation>;

  /**
   * Emitted when answers may have changed: the policy, the visitor's groups, the kernels, or a time window.
   */
  readonly changed: ISignal<IScopedLauncher, void>;
}

/**
 * The token of `IScopedLauncher`. Without this package no policy is in effect: use it as an optional dependency, and treat
 * null as "everything is shown".
 */
export const IScopedLauncher = new Token<IScopedLauncher>(
  'jupyterlab-scoped-launcher:IScopedLauncher',
  'Tells what the launcher policy allows the visitor of this page.'
);
