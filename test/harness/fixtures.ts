import { randomBytes } from 'node:crypto';
import { locationOf, type Credentials } from '@haven/testing/oci';
import { ApiClient, asAdmin } from './api.client.ts';

/** Role ids as Harbor numbers them. */
export const roles = { projectAdmin: 1, developer: 2, guest: 3, maintainer: 4, limitedGuest: 5 } as const;
export type RoleName = keyof typeof roles;

export interface TestUser extends Credentials {
  id: number;
  api: ApiClient;
}

export interface TestProject {
  id: number;
  name: string;
}

/** A name that no other test has. */
export const uniqueName = (prefix: string): string => `${prefix}-${randomBytes(5).toString('hex')}`;

const lastNumber = (location: string): number => Number(/(\d+)$/.exec(location)?.[1]);

export async function newUser(prefix = 'user'): Promise<TestUser> {
  const username = uniqueName(prefix);
  const password = `Aa1-${randomBytes(9).toString('hex')}`;
  const body = { username, password, email: `${username}@example.com`, realname: username };
  const id = lastNumber(locationOf((await asAdmin.post('/users', body)).expect(201)));
  return { id, username, password, api: new ApiClient({ username, password }) };
}

export async function newProject(prefix = 'project', options: { public?: boolean } = {}): Promise<TestProject> {
  const name = uniqueName(prefix);
  const body = { project_name: name, metadata: { public: String(options.public ?? false) } };
  const answer = (await asAdmin.post('/projects', body)).expect(201);
  return { id: lastNumber(locationOf(answer)), name };
}

/** Makes a user a member and answers the id of the membership. */
export async function addMember(project: TestProject, user: TestUser, role: RoleName): Promise<number> {
  const body = { role_id: roles[role], member_user: { username: user.username } };
  const answer = (await asAdmin.post(`/projects/${project.name}/members`, body)).expect(201);
  return lastNumber(locationOf(answer));
}

export async function newMember(project: TestProject, role: RoleName): Promise<TestUser> {
  const user = await newUser(role.toLowerCase());
  await addMember(project, user, role);
  return user;
}
