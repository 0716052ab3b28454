import { directory, Slapd, slapdIsMissing } from '@haven/testing/ldap';
import { CoreApp, admin } from './core-app.js';
import { ldapApiCases } from './ldap-api.cases.js';
import { ldapFailureCases } from './ldap-failure.cases.js';
import { ldapLoginCases } from './ldap-login.cases.js';
import { ldapMemberCases } from './ldap-member.cases.js';

/** Core that logs people in by an OpenLDAP server of its own. */
export interface LdapStage {
  core: CoreApp;
  slapd: Slapd;
}

let stage: LdapStage;

async function start(): Promise<void> {
  const slapd = await Slapd.start();
  const core = await CoreApp.start({
    env: { HAVEN_OUTBOUND_REACH: 'loopback', HAVEN_OUTBOUND_CA_FILE: slapd.authorityFile },
  });
  stage = { core, slapd };
  const { status } = await core.put(
    '/configurations',
    {
      auth_mode: 'ldap_auth',
      ldap_url: slapd.url,
      ldap_base_dn: directory.people,
      ldap_uid: 'uid',
      ldap_filter: '(objectClass=inetOrgPerson)',
      ldap_search_dn: directory.reader.dn,
      ldap_search_password: directory.reader.password,
      ldap_group_base_dn: directory.groups,
      ldap_group_search_filter: '(objectClass=groupOfNames)',
      ldap_group_attribute_name: 'cn',
      ldap_group_membership_attribute: 'memberOf',
      ldap_group_admin_dn: `CN=Registry-Admins, ${directory.elsewhere}`,
    },
    admin,
  );
  expect(status).toBe(200);
}

async function stop(): Promise<void> {
  await stage.core.stop();
  await stage.slapd.stop();
}

if (slapdIsMissing !== undefined) process.stderr.write(`left out: LDAP (${slapdIsMissing})\n`);
// Without the server's programs there is nothing to ask; that is said on standard error.
const describeLdap = slapdIsMissing === undefined ? describe : describe.skip;

describeLdap('LDAP', () => {
  beforeAll(start);
  afterAll(stop);

  describe('log-in', () => {
    ldapLoginCases(() => stage);
  });
  describe('operations of the API', () => {
    ldapApiCases(() => stage);
  });
  describe('members', () => {
    ldapMemberCases(() => stage);
  });
  describe('a directory that fails', () => {
    ldapFailureCases(() => stage);
  });
});
