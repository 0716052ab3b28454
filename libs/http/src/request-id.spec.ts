import { requestIdFrom } from './request-id.js';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe('requestIdFrom', () => {
  it.each(['a', 'req-1 of/2', 'x'.repeat(128)])('keeps %s', (id) => {
    expect(requestIdFrom(id)).toBe(id);
  });

  it.each([undefined, '', 'x'.repeat(129), 'tab\there', 'line\nbreak', 'caf\u00e9', '\x7f'])('replaces %j', (id) => {
    expect(requestIdFrom(id)).toMatch(uuid);
  });

  it('replaces a list', () => {
    expect(requestIdFrom(['a', 'b'])).toMatch(uuid);
  });
});
