import { Notification } from '@jupyterlab/apputils';
import { nullTranslator } from '@jupyterlab/translation';
import { TroubleTeller } from '../trouble';

describe('TroubleTeller', () => {
  let warn: jest.SpyInstance;
  let teller: TroubleTeller;

  beforeEach(() => {
    warn = jest.spyOn(console, 'warn').mockImplementation();
    teller = new TroubleTeller(
      nullTranslator.load('jupyterlab_scoped_launcher')
    );
  });

  afterEach(() => {
    Notification.dismiss();
    jest.restoreAllMocks();
  });

  it('tells each trouble once, one at a time', () => {
    teller.tell({ code: 'timeout', detail: 'd' });
    teller.tell({ code: 'timeout', detail: 'd' });
    expect(Notification.manager.count).toBe(1);
    expect(warn).toHaveBeenCalledTimes(1);
    teller.tell({ code: 'login', detail: 'd' });
    expect(Notification.manager.count).toBe(1);
    teller.tell(null);
    expect(Notification.manager.count).toBe(0);
  });

  it('rewrites the notification that stands, whoever dismissed the last one', () => {
    const changes: string[] = [];
    Notification.manager.changed.connect((_, { type }) => changes.push(type));
    teller.tell({ code: 'timeout', detail: 'd' });
    teller.enabled = true; // as the settings say when they arrive
    teller.tell({ code: 'login', detail: 'd' });
    expect(changes).toEqual(['added', 'updated']);
    Notification.dismiss();
    teller.tell({ code: 'engine', detail: 'd' });
    expect(changes).toEqual(['added', 'updated', 'removed', 'added']);
  });

  it('keeps quiet when told to, but for the console', () => {
    teller.enabled = false;
    teller.tell({ code: 'timeout', detail: 'd' });
    expect(Notification.manager.count).toBe(0);
    expect(warn).toHaveBeenCalledWith('Scoped launcher: d (timeout)');
    teller.enabled = true;
    expect(Notification.manager.count).toBe(1);
  });

  it.each([
    'login',
    'invalid-policy',
    'bad-context',
    'engine',
    'not-found',
    'timeout',
    'network',
    'hub-unreachable'
  ])('says %s in words that JupyterLab does not cut off', code => {
    teller.tell({ code, detail: 'd' });
    const [{ message, options }] = Notification.manager.notifications;
    expect(message.length).toBeLessThanOrEqual(140);
    expect(message).toMatch(/\.$/);
    expect(options.actions).toHaveLength(code === 'login' ? 1 : 0);
  });
});
