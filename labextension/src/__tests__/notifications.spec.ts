import { Notification } from '@jupyterlab/apputils';
import { nullTranslator } from '@jupyterlab/translation';
import type { ErrorCode } from '../../wasm/scoped_launcher.js';
import { ErrorNotifier, toLauncherError } from '../notifications';

describe('ErrorNotifier', () => {
  let warn: jest.SpyInstance;
  let notifier: ErrorNotifier;

  beforeEach(() => {
    warn = jest.spyOn(console, 'warn').mockImplementation();
    notifier = new ErrorNotifier(
      nullTranslator.load('jupyterlab_scoped_launcher')
    );
  });

  afterEach(() => {
    Notification.dismiss();
    jest.restoreAllMocks();
  });

  it('shows each error once, one at a time', () => {
    notifier.report({ code: 'timeout', detail: 'd' });
    notifier.report({ code: 'timeout', detail: 'd' });
    expect(Notification.manager.count).toBe(1);
    expect(warn).toHaveBeenCalledTimes(1);
    notifier.report({ code: 'not-authenticated', detail: 'd' });
    expect(Notification.manager.count).toBe(1);
    notifier.report(null);
    expect(Notification.manager.count).toBe(0);
  });

  it('replaces the text of a notification that is shown, and adds one after it was dismissed', () => {
    const changes: string[] = [];
    Notification.manager.changed.connect((_, { type }) => changes.push(type));
    notifier.report({ code: 'timeout', detail: 'd' });
    notifier.enabled = true; // as when the settings are loaded
    notifier.report({ code: 'not-authenticated', detail: 'd' });
    expect(changes).toEqual(['added', 'updated']);
    Notification.dismiss();
    notifier.report({ code: 'engine-unavailable', detail: 'd' });
    expect(changes).toEqual(['added', 'updated', 'removed', 'added']);
  });

  it('leaves it to launchers to say what is wrong with them', () => {
    notifier.report({ code: 'timeout', detail: 'd' });
    expect(Notification.manager.count).toBe(1);
    notifier.setBanner(true);
    expect(Notification.manager.count).toBe(0);
    notifier.setBanner(false);
    expect(Notification.manager.count).toBe(0);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it('says itself what is wrong with the whole page, unless a launcher says it on the screen', () => {
    notifier.setBanner(false);
    notifier.report({ code: 'not-authenticated', detail: 'd' });
    expect(Notification.manager.count).toBe(1);
    notifier.setBanner(true);
    expect(Notification.manager.count).toBe(0);
  });

  it('shows no notification when disabled, but writes to the console', () => {
    notifier.enabled = false;
    notifier.report({ code: 'timeout', detail: 'd' });
    expect(Notification.manager.count).toBe(0);
    expect(warn).toHaveBeenCalledWith('Scoped launcher: d (timeout)');
    notifier.enabled = true;
    expect(Notification.manager.count).toBe(1);
  });

  it('uses the default code for an error without one', () => {
    expect(
      toLauncherError(
        Object.assign(new Error('m'), { code: 'timeout' }),
        'network'
      )
    ).toEqual({ code: 'timeout', detail: 'm' });
    expect(
      toLauncherError(new DOMException('m', 'AbortError'), 'network')
    ).toEqual({ code: 'network', detail: 'm' });
    expect(toLauncherError('text', 'network')).toEqual({
      code: 'network',
      detail: 'text'
    });
  });

  it('shows a message for a code of a newer server', () => {
    notifier.report({ code: 'new-code' as ErrorCode, detail: 'd' });
    const [{ message }] = Notification.manager.notifications;
    expect(message).toMatch(/permissions cannot be checked/);
  });

  it.each<ErrorCode>([
    'not-authenticated',
    'invalid-policy',
    'bad-context',
    'engine-unavailable',
    'not-found',
    'timeout',
    'network',
    'hub-unreachable'
  ])('has a message for %s that JupyterLab does not cut off', code => {
    notifier.report({ code, detail: 'd' });
    const [{ message, options }] = Notification.manager.notifications;
    expect(message.length).toBeLessThanOrEqual(140);
    expect(message).toMatch(/\.$/);
    expect(options.actions).toHaveLength(code === 'not-authenticated' ? 1 : 0);
  });
});
