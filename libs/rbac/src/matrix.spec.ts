import { projectPolicies, type ProjectParty } from './project-policy.js';

// Harbor's matrix as its documentation tables have it, kept apart from the data that it checks.
const documented = `
| Resource | projectAdmin | maintainer | developer | guest | limitedGuest | anyone on public project |
|---|---|---|---|---|---|---|
| self(project) | RUD | R | R | R | R | R |
| member | CRUDL | RL | RL | RL | – | – |
| metadata | CRUD | R | – | – | – | – |
| log | L | – | – | – | – | – |
| label | CRUDL | CRUDL | RL | RL | – | RL |
| quota | R | R | R | R | R | – |
| repository | CRUDL+pull+push | CRUDL+push+pull | CRUL+push+pull | RL+pull | RL+pull | L+pull |
| tag-retention | CRUDL+operate | CRUDL+operate | CRUDL+operate | – | – | – |
| immutable-tag | CUDL | CUDL | – | – | – | – |
| configuration | RU | R | R | R | R | – |
| robot | CRUDL | RL | RL | RL | – | – |
| notification-policy | CRUDL | RL | – | – | – | – |
| scan | CR+stop | CR+stop | R | R | R | R |
| sbom | CR+stop | CR+stop | R | R | R | – |
| scanner | CR | R | R | R | R | R |
| artifact | CRDL | CRDL | CRL | RL | RL | RL |
| artifact-addition | R | R | R | R | R | R |
| tag | CDL | CDL | CL | L | L | L |
| accessory | L | L | L | L | L | L |
| artifact-label | CD | CD | CD | – | – | – |
| preheat-policy | CRUDL | – | – | – | – | – |
| export-cve | CRL | CRL | CRL | – | – | – |
`;

const words: Record<string, string> = { C: 'create', R: 'read', U: 'update', D: 'delete', L: 'list' };

const cellsOf = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

const actionsOfCell = (cell: string): string[] => {
  if (cell === '–') return [];
  const [letters = '', ...named] = cell.split('+');
  return [...Array.from(letters, (letter) => words[letter]!), ...named];
};

const rows = documented.trim().split('\n').slice(2).map(cellsOf);
const parties: ProjectParty[] = ['projectAdmin', 'maintainer', 'developer', 'guest', 'limitedGuest', 'anyone'];

describe('project role matrix', () => {
  it.each(parties.map((party, column) => ({ party, column })))('$party', ({ party, column }) => {
    const expected = rows.flatMap((cells) =>
      actionsOfCell(cells[column + 1]!).map((action) => `${cells[0]!.replace('(project)', '')}:${action}`),
    );
    const actual = projectPolicies[party].map(({ resource, action }) => `${resource}:${action}`);
    expect(actual.sort()).toEqual(expected.sort());
  });

  it('gives a project admin whatever anyone else has', () => {
    const admin = new Set(projectPolicies.projectAdmin.map(({ resource, action }) => `${resource}:${action}`));
    const others = Object.values(projectPolicies).flat();
    expect(others.filter(({ resource, action }) => !admin.has(`${resource}:${action}`))).toEqual([]);
  });
});
