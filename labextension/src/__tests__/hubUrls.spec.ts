import { serverUrl, serviceUrl } from '../hubUrls';

const atRoot = { host: '', prefix: '/hub/' };
const underPath = { host: '', prefix: '/jupyter/hub/' };
const withSubdomains = {
  host: 'https://hub.example.edu:8443',
  prefix: '/hub/'
};

describe('serviceUrl', () => {
  it('is below the path of the deployment', () => {
    expect(serviceUrl(atRoot, 'web')).toBe('/services/web/');
    expect(serviceUrl(underPath, 'web')).toBe('/jupyter/services/web/');
  });

  it("is on the service's host with subdomains", () => {
    expect(serviceUrl(withSubdomains, 'class-web', 'a/b')).toBe(
      'https://class-web--service.hub.example.edu:8443/services/class-web/a/b'
    );
  });

  it.each(['wéb', 'a--b', '-a', '1234', 'a.b', 'a'.repeat(64)])(
    "is the Hub's home page for %s, which is no DNS label",
    name => {
      expect(serviceUrl(withSubdomains, name)).toBe(
        'https://hub.example.edu:8443/hub/home'
      );
    }
  );
});

describe('serverUrl', () => {
  it('escapes as JupyterHub does', () => {
    expect(serverUrl(atRoot, 'pi', 'dash-1')).toBe('/hub/user/pi/dash-1/');
    expect(serverUrl(atRoot, 'pi', '')).toBe('/hub/user/pi/');
    expect(serverUrl(underPath, 'a b@c~d', "x/y'(1)*!")).toBe(
      '/jupyter/hub/user/a%20b@c~d/x%2Fy%27%281%29%2A%21/'
    );
  });

  it('is on the host of the Hub with subdomains', () => {
    expect(serverUrl(withSubdomains, 'pi', 'dash-1', 'lab')).toBe(
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
  ])('%s is confined to its service', (path, expected) => {
    expect(serviceUrl(atRoot, 'web', path)).toBe(`/services/web/${expected}`);
  });
});
