import { serverUrl, serviceUrl } from '../hub';

const plain = { host: '', prefix: '/hub/' };
const below = { host: '', prefix: '/jupyter/hub/' };
const subdomains = { host: 'https://hub.example.edu:8443', prefix: '/hub/' };

describe('serviceUrl', () => {
  it('is below the deployment', () => {
    expect(serviceUrl(plain, 'web')).toBe('/services/web/');
    expect(serviceUrl(below, 'web')).toBe('/jupyter/services/web/');
  });

  it("is on the service's host where there are subdomains", () => {
    expect(serviceUrl(subdomains, 'class-web', 'a/b')).toBe(
      'https://class-web--service.hub.example.edu:8443/services/class-web/a/b'
    );
  });

  it.each(['wéb', 'a--b', '-a', '1234', 'a.b', 'a'.repeat(64)])(
    "is the Hub's home page where the host of %s cannot be told",
    name => {
      expect(serviceUrl(subdomains, name)).toBe(
        'https://hub.example.edu:8443/hub/home'
      );
    }
  );
});

describe('serverUrl', () => {
  it('escapes as JupyterHub does', () => {
    expect(serverUrl(plain, 'pi', 'dash-1')).toBe('/user/pi/dash-1/');
    expect(serverUrl(plain, 'pi', '')).toBe('/user/pi/');
    expect(serverUrl(below, 'a b@c~d', "x/y'(1)*!")).toBe(
      '/jupyter/user/a%20b@c~d/x%2Fy%27%281%29%2A%21/'
    );
  });

  it('goes by way of the Hub where there are subdomains', () => {
    expect(serverUrl(subdomains, 'pi', 'dash-1', 'lab')).toBe(
      'https://hub.example.edu:8443/hub/user/pi/dash-1/lab'
    );
  });
});

describe('a path', () => {
  it.each([
    ['a/b?c=d#e', 'a/b?c=d#e'],
    ['/a', 'a'],
    ['../../hub/admin', 'hub/admin'],
    ['a/../../..', ''],
    ['//evil.example/x', 'evil.example/x'],
    ['\\\\evil.example/x', 'evil.example/x'],
    ['https://evil.example/x', 'x'],
    ['javascript:alert(1)', 'alert(1)']
  ])('%s stays below its service', (path, expected) => {
    expect(serviceUrl(plain, 'web', path)).toBe(`/services/web/${expected}`);
  });
});
