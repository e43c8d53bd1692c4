/**
 * What decides on launcher items, as the rest of the labextension sees it.
 */
import type { ILauncher } from '@jupyterlab/launcher';
import type { KernelSpec } from '@jupyterlab/services';
import type {
  Card,
  EngineStatus,
  LoadResult
} from '../wasm/scoped_launcher.js';

/**
 * Decides which launcher items are shown.
 */
export interface ICardDecider {
  /**
   * @param items - All items of the launcher.
   * @returns For each item, in the same order, whether it is shown.
   */
  decide(items: readonly ILauncher.IItemOptions[]): boolean[];
}

/**
 * What was decided on one card.
 */
export interface ICardDecision {
  /** Whether the visitor sees it. */
  isShown: boolean;
  /** Whether a rule matches it. False while that is not known. */
  isGoverned: boolean;
}

/**
 * A decider that keeps its policy and context up to date.
 */
export interface IDecisionSource extends ICardDecider {
  /**
   * What the decisions are based on now.
   */
  readonly status: EngineStatus;

  /**
   * Reads the policy and the visitor's context again.
   *
   * @returns What the server answered. Rejects with an `Error` that has a `code` (`ErrorCode`).
   */
  load(): Promise<LoadResult>;

  /**
   * Decides on one card, whether it is in the launcher or not.
   */
  decideCard(card: Card): ICardDecision;

  /**
   * @returns In how many milliseconds decisions can change without a load; undefined if never.
   */
  nextChangeMs(): number | undefined;

  /**
   * @param specs - The kernels that the server lists for this visitor.
   * @returns Whether decisions may be others now.
   */
  setKernelspecs(specs: KernelSpec.ISpecModels): boolean;
}
