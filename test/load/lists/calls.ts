import { bigProject, memberName } from './seed.ts';

/** One list as a client asks for it. */
export interface Call {
  username: string;
  /** With its query, but for `page` and `page_size`. */
  path: string;
}

const project = `/projects/${bigProject}`;
const big = `${project}/repositories/big/artifacts`;

/**
 * Every kind of list that grows with what a platform holds, in the orders and with the filters that clients ask for.
 * @param manyDigest of the artifact with very many tags and accessories
 */
export function callsOf(manyDigest: string): Call[] {
  const many = `${project}/repositories/many/artifacts/${manyDigest}`;
  const ofAdmin = [
    `${big}?`,
    `${big}?with_tag=true&with_label=true&with_accessory=true&`,
    `${big}?sort=push_time&`,
    `${big}?sort=-size&`,
    `${big}?sort=-pull_time&`,
    `${big}?q=tags%3D*&`,
    `${big}?q=tags%3Dnil&`,
    `${project}/artifacts?`,
    `${many}/tags?`,
    `${many}/tags?sort=name&`,
    `${many}/accessories?`,
    `${project}/repositories?`,
    '/repositories?',
    '/repositories?sort=name&',
    '/projects?',
    '/projects?sort=name&',
    '/users?',
    '/users?sort=username&',
    `${project}/members?`,
    '/labels?scope=p&project_id=2&',
    '/robots?q=Level%3Dproject,ProjectID%3D2&',
    '/quotas?',
    '/auditlog-exts?',
    `${project}/auditlog-exts?`,
  ];
  const ofMember = ['/repositories?', '/projects?', `${project}/repositories?`, `${big}?`, '/auditlog-exts?'];
  return [
    ...ofAdmin.map((path) => ({ username: 'admin', path })),
    ...ofMember.map((path) => ({ username: memberName, path })),
  ];
}
