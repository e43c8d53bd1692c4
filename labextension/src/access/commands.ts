import { EXPLAIN_COMMAND, PREVIEW_COMMAND } from '../launcherItem';

/**
 * The commands of this plugin.
 */
export const CommandIDs = {
  /** Opens the panel "Launcher access". */
  open: 'scoped-launcher:open-access',
  /** Explains a card that is shown locked. */
  explainCard: EXPLAIN_COMMAND,
  /** Asks as whom to look at the launcher. */
  seeAs: 'scoped-launcher:see-as',
  /** Says that a card opens nothing while the launcher is looked at as somebody else. */
  previewCard: PREVIEW_COMMAND,
  /** Ends looking at the launcher as somebody else. */
  endPreview: 'scoped-launcher:end-preview'
};
