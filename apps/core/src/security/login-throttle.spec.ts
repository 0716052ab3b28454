import { LoginThrottle } from './login-throttle.js';

describe('LoginThrottle', () => {
  it('locks a user name for the address that failed, and for no other', () => {
    const throttle = new LoginThrottle();
    throttle.recordFailure('alice', '10.0.0.1');
    expect(throttle.isLocked('alice', '10.0.0.1')).toBe(true);
    expect(throttle.isLocked('alice', '10.0.0.2')).toBe(false);
    expect(throttle.isLocked('bob', '10.0.0.1')).toBe(false);
  });

  it('stops an address that goes through many names', () => {
    const throttle = new LoginThrottle();
    for (let turn = 0; turn < 60; turn += 1) {
      expect(throttle.isExhausted('10.0.0.1')).toBe(false);
      throttle.recordFailure(`user${turn}`, '10.0.0.1');
    }
    expect(throttle.isExhausted('10.0.0.1')).toBe(true);
    expect(throttle.isExhausted('10.0.0.2')).toBe(false);
  });
});
