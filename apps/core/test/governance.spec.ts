import { CoreApp } from './core-app.js';
import { explainCases } from './explain.cases.js';
import { immutableCases } from './immutable.cases.js';
import { labelCases } from './label.cases.js';
import { quotaCases } from './quota.cases.js';
import { userGroupCases } from './user-group.cases.js';

let core: CoreApp;

beforeAll(async () => {
  core = await CoreApp.start();
});
afterAll(() => core.stop());

describe('labels', () => {
  labelCases(() => core);
});
describe('immutable tag rules', () => {
  immutableCases(() => core);
});
describe('user groups', () => {
  userGroupCases(() => core);
});
describe('explanations', () => {
  explainCases(() => core);
});
describe('quotas', () => {
  quotaCases(() => core);
});
