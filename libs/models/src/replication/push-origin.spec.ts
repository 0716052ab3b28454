import { formatOrigin, parseOrigin } from './push-origin.js';

const now = new Date('2026-05-01T12:00:00Z');
const [first, second] = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222'];

describe('the origin of a push', () => {
  it('is read as it was written', () => {
    const origin = { path: [first, second], time: '2026-05-01T11:59:59.123456Z' };
    expect(parseOrigin(formatOrigin(origin), now)).toEqual(origin);
  });

  it('is not ahead of its time', () => {
    const header = formatOrigin({ path: [first], time: '2999-01-01T00:00:00Z' });
    expect(parseOrigin(header, now)).toEqual({ path: [first], time: '2026-05-01T12:00:00.000Z' });
  });

  it.each([
    undefined,
    '',
    'yesterday; ' + first,
    '2026-13-01T00:00:00Z; ' + first,
    '2026-05-01T11:59:59Z',
    '2026-05-01T11:59:59Z; ',
    '2026-05-01T11:59:59Z; x',
    `2026-05-01T11:59:59Z; ${Array(33).fill(first).join(', ')}`,
  ])('is none when it is %j', (header) => {
    expect(parseOrigin(header, now)).toBeNull();
  });
});
