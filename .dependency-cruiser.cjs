// Which package may import which. Libraries stand on levels and import lower ones only; tools/src/arrows.ts runs
// these rules, and demands of each that it rejects the violation made for it under tools/fixtures/arrows.

const levels = [
  ['errors', 'oci', 'rbac'],
  ['config', 'observability', 'outbound'],
  ['models', 'storage'],
  ['queue', 'auth', 'registry-client'],
  ['http'],
];
const known = [...levels.flat(), 'testing'];

const libs = (names) => `^libs/(${names.join('|')})/`;
const tests = ['\\.(spec|cases)\\.ts$', '(^|/)test/', '^libs/testing/'];
const npm = (names) => `(^|node_modules/)(${names.join('|')})(/|$)`;
const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

// $1 is the importing library: its own files are not meant.
const levelRule = (name, names, level, also = []) =>
  rule(
    name,
    'A library imports libraries of lower levels only; within level 0, oci imports errors.',
    { path: libs(names), pathNot: tests },
    { path: libs(levels.slice(level).flat()), pathNot: ['^libs/$1/', ...also.map((lib) => `^libs/${lib}/`)] },
  );

module.exports = {
  forbidden: [
    // The top level, with one library on it, has nothing to keep apart from.
    ...levels.slice(0, -1).map((names, level) =>
      levelRule(
        `level-${level}`,
        names.filter((name) => name !== 'oci'),
        level,
      ),
    ),
    levelRule('level-0-oci', ['oci'], 0, ['errors']),
    rule(
      'known-level',
      'Each library has its place in the levels above.',
      {},
      { path: `^libs/(?!(${known.join('|')})/)` },
    ),
    rule('lib-not-to-app', 'Libraries know no application.', { path: '^libs/' }, { path: '^apps/' }),
    rule(
      'app-not-to-app',
      'Applications meet through libraries.',
      { path: '^apps/([^/]+)/' },
      {
        path: '^apps/',
        pathNot: '^apps/$1/',
      },
    ),
    rule(
      'no-path-into-package',
      'A package is imported by its name, never by a path into it.',
      { path: '^((?:apps|libs)/[^/]+)/' },
      { path: '^(apps|libs)/', pathNot: '^$1/', dependencyTypes: ['local'] },
    ),
    rule('no-name-into-package', 'A package is imported by its name alone.', {}, { path: '^@haven/[^/]+/' }),
    rule(
      'pure-level-0',
      'The lowest libraries are pure: no I/O, no framework, no database.',
      { path: libs(levels[0]), pathNot: tests },
      { path: [npm(['@nestjs', 'typeorm', 'bullmq', 'pg']), '^(node:)?(fs|net|http|https|child_process)(/|$)'] },
    ),
    rule(
      'typeorm-in-models',
      'SQL stands in repositories and in libs/models.',
      { pathNot: [...tests, '^libs/models/', '\\.(repository|module|entity)\\.ts$'] },
      { path: npm(['typeorm']) },
    ),
    rule(
      'environment-in-config',
      'Only libs/config reads the environment.',
      { pathNot: '^libs/config/' },
      {
        path: npm(['dotenv', 'dotenv-expand', '@nestjs/config', 'env-var', 'envalid']),
      },
    ),
    rule(
      'testing-in-tests',
      'libs/testing is for tests.',
      { pathNot: tests.concat('^test/') },
      { path: '^libs/testing/' },
    ),
    rule('tools-alone', 'The tools run before anything is built.', { path: '^tools/' }, { path: '^(apps|libs|test)/' }),
    rule(
      'black-box-alone',
      'Black-box tests may be pointed at any registry.',
      { path: '^test/' },
      {
        path: '^(apps|libs|tools)/',
        pathNot: '^libs/testing/',
      },
    ),
    rule('no-cycle', 'Modules form no circle.', {}, { circular: true }),
    rule('no-unresolved', 'What cannot be resolved cannot be checked.', {}, { couldNotResolve: true }),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/dist/' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@haven/source', 'import', 'types', 'node', 'default'],
    },
  },
};
