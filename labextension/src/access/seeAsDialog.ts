import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import type { AccessClient, Subject } from './accessClient';

/**
 * How long typing must pause before names are asked for, in milliseconds.
 */
const TYPING_PAUSE_MS = 250;

/**
 * Asks as whom to look at the launcher.
 *
 * @returns A promise of the user or the groups; null if the visitor cancels.
 */
export async function askForSubject(
  client: AccessClient,
  trans: TranslationBundle
): Promise<Subject | null> {
  const body = new SeeAsForm(client, trans);
  const result = await showDialog({
    title: trans.__('See the launcher as…'),
    body,
    focusNodeSelector: 'input',
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.okButton({ label: trans.__('See') })
    ]
  });
  return result.button.accept ? result.value : null;
}

/**
 * Two fields: the name of a user, completed from the Hub, or the names of groups.
 */
class SeeAsForm extends Widget implements Dialog.IBodyWidget<Subject | null> {
  constructor(
    private readonly _client: AccessClient,
    trans: TranslationBundle
  ) {
    super();
    this.addClass('jp-ScopedLauncher-seeAs');
    this._user = addField(this.node, trans.__('User'));
    this._groups = addField(
      this.node,
      trans.__('Or groups, separated by commas')
    );
    this._names.id = 'scoped-launcher-users';
    this._user.setAttribute('list', this._names.id);
    this._user.autocomplete = 'off';
    this.node.append(this._names);
    const hint = document.createElement('p');
    hint.textContent = trans.__(
      'Only the picture changes: nothing is opened or done as them. The server records who looked.'
    );
    this.node.append(hint);
    this._user.addEventListener('input', this._onInput);
  }

  getValue(): Subject | null {
    const user = this._user.value.trim();
    if (user) {
      return { user };
    }
    const groups = this._groups.value.split(',').map(group => group.trim());
    return { groups: groups.filter(group => group !== '') };
  }

  override dispose(): void {
    clearTimeout(this._timer);
    super.dispose();
  }

  private readonly _onInput = () => {
    clearTimeout(this._timer);
    this._timer = setTimeout(() => void this._complete(), TYPING_PAUSE_MS);
  };

  private async _complete(): Promise<void> {
    const typed = this._user.value.trim();
    // Without an answer, the name is typed whole.
    const { users } = await this._client
      .listUsers(typed)
      .catch(() => ({ users: [] as string[] }));
    if (typed === this._user.value.trim()) {
      this._names.replaceChildren(
        ...users.map(user => {
          const option = document.createElement('option');
          option.value = user;
          return option;
        })
      );
    }
  }

  private readonly _user: HTMLInputElement;
  private readonly _groups: HTMLInputElement;
  private readonly _names = document.createElement('datalist');
  private _timer: ReturnType<typeof setTimeout> | undefined;
}

function addField(parent: HTMLElement, label: string): HTMLInputElement {
  const element = document.createElement('label');
  const input = document.createElement('input');
  input.className = 'jp-mod-styled';
  element.append(label, input);
  parent.append(element);
  return input;
}
