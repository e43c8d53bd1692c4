import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Clipboard, Notification } from '@jupyterlab/apputils';
import { LauncherModel } from '@jupyterlab/launcher';
import { ServerConnection } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';
import { addCopyCommand, COPY_COMMAND } from '../copyCards';
import { LauncherFilter } from '../launcherFilter';
import { createTexts } from './engineFixture';

const KERNELS = {
  ir: { name: 'ir', display_name: 'R 4.4', language: 'R' }
};

const TERMINAL = {
  id: 'command:terminal:create-new',
  kind: 'command',
  name: 'terminal:create-new',
  command: 'terminal:create-new',
  category: 'Other',
  tags: [],
  title: 'Terminal'
};

const R_NOTEBOOK = {
  id: 'kernel:ir',
  kind: 'kernel',
  name: 'ir',
  command: 'notebook:create-new',
  category: 'Notebook',
  tags: [],
  title: 'R 4.4',
  language: 'R'
};

const FILE = {
  id: 'command:file:create',
  kind: 'command',
  name: 'file:create',
  command: 'file:create',
  category: 'Other',
  tags: [],
  args: { fileExt: 'r' }
};

describe('the command that copies the cards', () => {
  let copied: unknown[];
  let answers: Record<string, Response | Error>;

  beforeEach(() => {
    copied = [];
    answers = {};
    jest.spyOn(console, 'warn').mockImplementation();
    jest
      .spyOn(Clipboard, 'copyToSystem')
      .mockImplementation(text => void copied.push(JSON.parse(text as string)));
  });

  afterEach(() => {
    Notification.dismiss();
    jest.restoreAllMocks();
  });

  const respond = (status: number, body: object) =>
    new Response(JSON.stringify(body), { status });

  /** Runs the command in a launcher that shows a terminal and a kernel, and hides one more item. */
  async function copy(): Promise<string[]> {
    const model = new LauncherModel();
    const filter = new LauncherFilter(model);
    model.add({ command: 'terminal:create-new' });
    model.add({
      command: 'notebook:create-new',
      category: 'Notebook',
      args: { kernelName: 'ir' }
    });
    model.add({ command: 'file:create', args: { fileExt: 'r' } });
    filter.decider = { decide: items => items.map((_, i) => i !== 2) };
    const texts = createTexts({ 'terminal:create-new': 'Terminal' });
    const requests: string[] = [];
    const serverSettings = ServerConnection.makeSettings({
      baseUrl: 'http://localhost/user/ann/',
      fetch: (request: RequestInfo) => {
        const { pathname } = new URL((request as Request).url);
        requests.push(pathname);
        const answer = answers[pathname.split('/').pop()!];
        return answer instanceof Error
          ? Promise.reject(answer)
          : Promise.resolve(answer);
      }
    });
    const app = {
      commands: texts.commands,
      serviceManager: {
        serverSettings,
        kernelspecs: { specs: { kernelspecs: KERNELS } }
      }
    } as unknown as JupyterFrontEnd;
    addCopyCommand(app, filter, texts, nullTranslator.load('x'), null);
    await texts.commands.execute(COPY_COMMAND);
    return requests;
  }

  const getMessages = () =>
    Notification.manager.notifications.map(({ message }) => message);

  it('copies what rules can match, of each card that is shown', async () => {
    answers.policy = respond(403, { code: 'not-allowed', message: 'm' });
    expect(await copy()).toEqual(['/user/ann/scoped-launcher/policy']);
    expect(copied).toEqual([{ cards: [TERMINAL, R_NOTEBOOK] }]);
    expect(getMessages()).toEqual(['Copied 2 cards.']);
  });

  it('copies hidden cards, too, if the visitor may preview', async () => {
    const serverCards = [
      { ...R_NOTEBOOK, category: 'Console', owner: null },
      { ...R_NOTEBOOK, id: 'kernel:exam', name: 'exam', owner: null }
    ];
    answers.policy = respond(200, { version: 1 });
    answers.cards = respond(200, { cards: serverCards });
    await copy();
    expect(copied).toEqual([
      { cards: [TERMINAL, R_NOTEBOOK, FILE, serverCards[1]] }
    ]);
  });

  it.each([
    ['the server has no policy', { policy: respond(404, {}) }],
    ['the server cannot be reached', { policy: new Error('offline') }],
    [
      'the server does not list its cards',
      { policy: respond(200, {}), cards: respond(503, {}) }
    ]
  ])('copies only what is shown if %s', async (_, given) => {
    answers = given;
    await copy();
    expect(copied).toEqual([{ cards: [TERMINAL, R_NOTEBOOK] }]);
  });

  it('says that the browser does not copy', async () => {
    answers.policy = respond(403, {});
    jest.mocked(Clipboard.copyToSystem).mockImplementation(() => {
      throw new Error('no');
    });
    await copy();
    expect(copied).toEqual([]);
    expect(getMessages()).toEqual(['The launcher cards cannot be copied.']);
  });

  it('uses the clipboard of a page with https', async () => {
    answers.policy = respond(403, {});
    const writeText = jest.fn(() => Promise.resolve());
    Object.assign(window, { isSecureContext: true });
    Object.assign(navigator, { clipboard: { writeText } });
    await copy();
    Object.assign(window, { isSecureContext: false });
    expect(writeText).toHaveBeenCalledTimes(1);
    expect(copied).toEqual([]);
    expect(getMessages()).toEqual(['Copied 2 cards.']);
  });
});
