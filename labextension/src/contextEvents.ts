import type { Event } from '@jupyterlab/services';

/**
 * The schema of the server's events that say that the context may have changed. They have no facts.
 */
const CONTEXT_SCHEMA_ID =
  'https://github.com/jupyterlab-scoped-launcher/jupyterlab-scoped-launcher/events/context/v1';

/**
 * Calls a function whenever the server says that the context may have changed.
 *
 * @param events - The server's events, which JupyterLab reads anyway.
 * @param onChange - Called for each of them.
 */
export function followContextEvents(
  events: Event.IManager,
  onChange: () => void
): void {
  events.stream.connect((_, { schema_id }) => {
    if (schema_id === CONTEXT_SCHEMA_ID) {
      onChange();
    }
  });
}
