/**
 * What the plugins of this package share. Other packages use `IScopedLauncher`.
 */
import type { ILauncher } from '@jupyterlab/launcher';
import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';
import type { Card, EngineStatus, ErrorCode } from '../wasm/scoped_launcher.js';
import type { ICardDecider, ICardDecision } from './decisionSource';

/**
 * What the server tells the page of the visitor and the policy.
 */
export interface IPageFacts {
  /** The visitor's name. */
  user: string;
  /** Whether the visitor is an admin of the Hub. */
  admin: boolean;
  /** Whether the visitor may see the launcher as somebody else. */
  may_preview: boolean;
  /** Whether some rule shows its hidden cards greyed. */
  has_locked: boolean;
  /** Whether the visitor may learn of all cards that are hidden from them. */
  lists_hidden: boolean;
  /**
   * How long the page waits until it loads the context again by itself, in seconds, because the server tells it of
   * changes; null if it does not.
   */
  refresh_s?: number | null;
  /** For those who may see details: what is wrong with the policy file while the last good policy is in use. */
  problem: string | null;
}

/**
 * Why cards are hidden that the policy may allow.
 */
export interface ILauncherError {
  /** Stable, for programs. */
  code: ErrorCode;
  /** The message of the server or the engine, for the console. */
  detail: string;
}

/**
 * The items of the launcher.
 */
export interface ILauncherItems {
  /** Returns those that are shown. */
  getShownItems(): readonly ILauncher.IItemOptions[];
  /** Returns all, also those that are hidden. */
  getAllItems(): readonly ILauncher.IItemOptions[];
  /** Emitted when an item is added or removed, and when others are shown. */
  readonly changed: ISignal<unknown, void>;
}

/**
 * The present decisions, and what they are based on.
 */
export interface ILauncherState {
  /** What the engine's decisions are based on; undefined while there is no engine. */
  readonly status: EngineStatus | undefined;
  /** What the server tells of the visitor; null until it has. */
  readonly page: IPageFacts | null;
  /** The present error; null if there is none. */
  readonly error: ILauncherError | null;
  /** Whether the Hub could not be asked the last time. */
  readonly isStale: boolean;
  /** The items of the launcher; null in an application without one. */
  readonly items: ILauncherItems | null;
  /**
   * Decides on the launcher's items in place of the engine, while it is set. It changes the picture and nothing else.
   */
  previewDecider: ICardDecider | null;

  /** The decision on one card, by the engine in this page. */
  decideCard(card: Card): ICardDecision;

  /** Describes a launcher item, or a command with its arguments, as a card. Null if its arguments do not say what it opens. */
  toCard(item: ILauncher.IItemOptions): Card | null;

  /** Loads the context again. Resolves when that is over, successful or not. */
  refresh(): Promise<void>;

  /** Renders the launchers again if what they show has changed. */
  update(): void;

  /**
   * Says that launchers tell what is wrong for as long as it is, so that no notification need do so.
   *
   * @param isVisible - Whether the visitor has such a launcher before them now.
   */
  setBanner(isVisible: boolean): void;

  /** Emitted when decisions may be others, and when any other of this has changed; not for a load that brings nothing new. */
  readonly changed: ISignal<ILauncherState, void>;
}

/**
 * The token of `ILauncherState`, which only the plugins of this package use.
 */
export const ILauncherState = new Token<ILauncherState>(
  'jupyterlab-scoped-launcher:ILauncherState'
);
