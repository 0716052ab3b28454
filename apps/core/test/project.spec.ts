import { CoreApp } from './core-app.js';
import { describeMembers } from './member.cases.js';
import { describeMetadata } from './metadata.cases.js';
import { describeProjects } from './project.cases.js';

describe('projects', () => {
  let core: CoreApp;
  beforeAll(async () => {
    core = await CoreApp.start();
  });
  afterAll(() => core.stop());

  describeProjects(() => core);
  describeMembers(() => core);
  describeMetadata(() => core);
});
