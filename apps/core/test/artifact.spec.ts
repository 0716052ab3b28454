import { artifactCases } from './artifact.cases.js';
import { artifactCopyCases } from './artifact-copy.cases.js';
import { artifactListCases } from './artifact-list.cases.js';
import { CoreApp } from './core-app.js';
import { repositoryCases } from './repository.cases.js';
import { tagCases } from './tag.cases.js';

let core: CoreApp;

beforeAll(async () => {
  core = await CoreApp.start();
});
afterAll(async () => {
  await core.stop();
});

describe('repositories', () => {
  repositoryCases(() => core);
});
describe('lists of artifacts', () => {
  artifactListCases(() => core);
});
describe('artifacts', () => {
  artifactCases(() => core);
});
describe('copies', () => {
  artifactCopyCases(() => core);
});
describe('tags', () => {
  tagCases(() => core);
});
