import { ldapUrl } from './ldap-settings.js';

describe('the URL of a directory', () => {
  it.each([
    ['ldap://ldap.example.org', 'ldap://ldap.example.org:389'],
    ['ldaps://ldap.example.org', 'ldaps://ldap.example.org:636'],
    ['LDAPS://ldap.example.org:3269/', 'ldaps://ldap.example.org:3269'],
    ['ldap.example.org', 'ldap://ldap.example.org:389'],
    ['ldap.example.org:636', 'ldaps://ldap.example.org:636'],
    [' 10.0.0.1 ', 'ldap://10.0.0.1:389'],
  ])('%s is %s', (text, url) => {
    expect(ldapUrl(text)).toBe(url);
  });

  it.each([
    '',
    'http://ldap.example.org',
    'ldap://',
    'ldap://host:x',
    'ldap://host/dc=example',
    'ldap://a:b@host',
    'ldap://[::1]',
  ])('is none in %j', (text) => {
    expect(ldapUrl(text)).toBeNull();
  });
});
