import { send } from '@haven/testing/oci';
import { BrowserSession } from '../harness/browser-session.ts';
import { newUser, uniqueName } from '../harness/fixtures.ts';
import { platform } from '../harness/platform.ts';

describe('a session', () => {
  it('begins with the right password', async () => {
    const user = await newUser();
    const browser = new BrowserSession();
    expect((await browser.logIn(user)).status).toBe(200);
    expect(browser.hasSession).toBe(true);
    const current = (await browser.get('/users/current')).expect(200).json();
    expect(current).toMatchObject({ username: user.username });
  });

  it('does not begin with a wrong one', async () => {
    const user = await newUser();
    const browser = new BrowserSession();
    expect((await browser.logIn({ ...user, password: 'Wrong-passw0rd' })).status).toBe(401);
    expect(browser.hasSession).toBe(false);
  });

  it('keeps its cookie from scripts and from other sites', async () => {
    const user = await newUser();
    const browser = new BrowserSession();
    const cookies = (await browser.logIn(user)).header('set-cookie') ?? '';
    expect(cookies).toMatch(/(^|, )sid=[^;]+;[^,]*HttpOnly/);
    expect(cookies).toMatch(/(^|, )sid=[^;]+;[^,]*SameSite=(Lax|Strict)/i);
  });

  it('changes nothing without the token that only our own pages know', async () => {
    const user = await newUser();
    const browser = new BrowserSession();
    (await browser.logIn(user)).expect(200);
    const project = { project_name: uniqueName('session') };
    const forged = await browser.post('/projects', project, { withCsrfToken: false });
    expect([forged.status, forged.errorCodes]).toEqual([403, ['FORBIDDEN']]);
    expect((await browser.post('/projects', project)).status).toBe(201);
  });

  it('does not begin without that token either', async () => {
    const user = await newUser();
    const answer = await send('POST', `${platform.url}/c/login`, {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ principal: user.username, password: user.password }).toString(),
    });
    expect([answer.status, answer.errorCodes]).toEqual([403, ['FORBIDDEN']]);
    expect(answer.header('x-harbor-csrf-token')).toBeDefined();
  });

  it('does not take a token of another browser', async () => {
    const user = await newUser();
    const stranger = await send('POST', `${platform.url}/c/login`);
    const answer = await send('POST', `${platform.url}/c/login`, {
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'x-harbor-csrf-token': stranger.header('x-harbor-csrf-token') ?? '',
      },
      body: new URLSearchParams({ principal: user.username, password: user.password }).toString(),
    });
    expect(answer.status).toBe(403);
  });

  it('ends when the user logs out', async () => {
    const browser = new BrowserSession();
    (await browser.logIn(await newUser())).expect(200);
    const cookie = browser.cookieHeader;
    expect((await browser.logOut()).status).toBe(200);
    const answer = await send('GET', `${platform.url}/api/v2.0/users/current`, { headers: { cookie } });
    expect(answer.status).toBe(401);
  });

  it('has a new id after each log-in', async () => {
    const user = await newUser();
    const browser = new BrowserSession();
    (await browser.logIn(user)).expect(200);
    const before = browser.cookieHeader;
    (await browser.logIn(user)).expect(200);
    expect(browser.cookieHeader).not.toBe(before);
    const answer = await send('GET', `${platform.url}/api/v2.0/users/current`, { headers: { cookie: before } });
    expect(answer.status).toBe(401);
  });
});

describe('guessing passwords', () => {
  it('is slow, and does not slow down anybody else', async () => {
    const [victim, other] = [await newUser(), await newUser()];
    const from = performance.now();
    const guess = new BrowserSession().logIn({ ...victim, password: 'Wrong-passw0rd' }).then((answer) => {
      expect(answer.status).toBe(401);
      return performance.now() - from;
    });
    expect((await new BrowserSession().logIn(other)).status).toBe(200);
    const otherMs = performance.now() - from;
    const guessMs = await guess;
    expect(guessMs).toBeGreaterThan(1_000);
    expect(otherMs).toBeLessThan(guessMs);
  });
});
