import { ServerConnection } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';
import type { Card } from '../../wasm/scoped_launcher.js';
import type { ILauncherState } from '../launcherState';
import { ScopedLauncher } from '../scopedLauncher';

const ANSWER = {
  id: 'proxy:tools',
  visible: false,
  locked: false,
  listed: true,
  rule: 'tools',
  reason: 'not_shown',
  explanation: 'Hidden: shown only to members of class.',
  sentence: 'Hidden: shown only to members of class. Ask prof@example.edu.',
  message: null,
  contact: 'prof@example.edu',
  request: 'class'
};

/** A state that shows kernels alone; `asked` has the cards that it decided on. */
function createState() {
  const asked: Card[] = [];
  const state = {
    decideCard: (card: Card) => {
      asked.push(card);
      return { isShown: card.kind === 'kernel' };
    }
  } as unknown as ILauncherState;
  const changed = new Signal<ILauncherState, void>(state);
  return { state: Object.assign(state, { changed }), asked, changed };
}

/** Settings of a server that answers each request with `body`; `requests` has those that it got. */
function createServer(body: unknown, status = 200) {
  const requests: Request[] = [];
  const settings = ServerConnection.makeSettings({
    baseUrl: 'http://localhost:8888/user/ann/',
    fetch: ((request: Request) => {
      requests.push(request);
      return Promise.resolve(new Response(JSON.stringify(body), { status }));
    }) as typeof fetch
  });
  return { settings, requests };
}

describe('ScopedLauncher', () => {
  it('answers with the decisions of the engine, and says when to ask again', () => {
    const { state, asked, changed } = createState();
    const launcher = new ScopedLauncher(state, createServer({}).settings, 'en');
    const listener = jest.fn();
    launcher.changed.connect(listener);
    expect(launcher.may({ kind: 'kernel', name: 'python3' })).toBe(true);
    expect(launcher.may({ kind: 'server', owner: 'profx', name: 'd' })).toBe(
      false
    );
    expect(asked.map(card => card.id)).toEqual([
      'kernel:python3',
      'server:profx/d'
    ]);
    changed.emit();
    expect(listener).toHaveBeenCalledTimes(1);
  });

  it('has explanations from the server, in the language of JupyterLab', async () => {
    const { settings, requests } = createServer({ explanations: [ANSWER] });
    const launcher = new ScopedLauncher(createState().state, settings, 'de_DE');
    const explanation = await launcher.explain({
      kind: 'proxy',
      name: 'tools'
    });
    // JupyterLab adds the time, so that no browser answers from its cache.
    expect(requests[0].url.replace(/&\d+$/, '')).toBe(
      'http://localhost:8888/user/ann/scoped-launcher/explain?lang=de_DE'
    );
    expect(await requests[0].json()).toEqual({
      cards: [{ id: 'proxy:tools', kind: 'proxy', name: 'tools' }]
    });
    expect(explanation).toEqual({
      isShown: false,
      rule: 'tools',
      sentence: ANSWER.sentence,
      explanation: ANSWER.explanation,
      message: null,
      contact: 'prof@example.edu',
      requestGroup: 'class'
    });
  });

  it('rejects when the server refuses', async () => {
    const { settings } = createServer({ message: 'Forbidden' }, 403);
    const launcher = new ScopedLauncher(createState().state, settings, 'en');
    await expect(
      launcher.explain({ kind: 'proxy', name: 'tools' })
    ).rejects.toBeInstanceOf(ServerConnection.ResponseError);
  });
});
