import { assertWithinReach } from './within-reach.js';

describe('a server', () => {
  it.each(['10.0.0.1', '[fc00::1]', '8.8.8.8'])('may be called at %s', async (host) => {
    await expect(assertWithinReach(host, 'private')).resolves.toBeUndefined();
  });

  it.each(['127.0.0.1', '[::1]', '169.254.169.254', '::ffff:127.0.0.1'])('may not be called at %s', async (host) => {
    await expect(assertWithinReach(host, 'private')).rejects.toMatchObject({ reason: 'forbidden' });
  });
});
