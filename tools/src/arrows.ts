import { createRequire } from 'node:module';
import { basename, join, resolve } from 'node:path';
import { cruise, type ICruiseOptions, type ICruiseResult, type IFlattenedRuleSet } from 'dependency-cruiser';

/** Fewer modules, or fewer imports from package to package, mean that the check looked past the code. */
const fewest = 10;

const checkout = resolve(import.meta.dirname, '../..');
const config = createRequire(import.meta.url)(join(checkout, '.dependency-cruiser.cjs')) as {
  forbidden: NonNullable<IFlattenedRuleSet['forbidden']>;
  options: ICruiseOptions;
};

async function check(baseDir: string, folders: string[]): Promise<ICruiseResult> {
  const ruleSet = { forbidden: config.forbidden };
  const options = { ...config.options, baseDir, ruleSet, validate: true };
  const { output } = await cruise(folders, options, config.options.enhancedResolveOptions);
  return output as ICruiseResult;
}

/** Each rule has a file under the fixture that is named after it and that it, and perhaps others, must reject. */
async function rulesThatSleep(): Promise<string[]> {
  const { summary } = await check(join(checkout, 'tools/fixtures/arrows'), ['.']);
  const awake = new Set(summary.violations.filter(isOwnFixture).map(({ rule }) => rule.name));
  return config.forbidden.map(({ name }) => name ?? '').filter((name) => !awake.has(name));
}

const isOwnFixture = (violation: { from: string; rule: { name: string } }): boolean =>
  basename(violation.from).startsWith(violation.rule.name);

/** Imports of one workspace package by another that were followed to its sources. */
const packageImports = (result: ICruiseResult): number =>
  result.modules
    .flatMap(({ dependencies }) => dependencies)
    .filter(({ module, resolved }) => module.startsWith('@haven/') && resolved.endsWith('/src/index.ts')).length;

async function problems(): Promise<string[]> {
  const result = await check(checkout, ['apps', 'libs', 'test', 'tools/src']);
  const modules = result.modules.filter(
    ({ coreModule, source }) => !coreModule && !source.includes('node_modules'),
  ).length;
  const imports = packageImports(result);
  console.log(`${modules} modules and ${imports} imports between packages checked by ${config.forbidden.length} rules`);
  return [
    ...(modules < fewest || imports < fewest ? ['the check found next to no code'] : []),
    ...(await rulesThatSleep()).map((name) => `rule ${name} does not reject its fixture`),
    ...result.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`),
  ];
}

const found = await problems();
for (const problem of found) console.error(problem);
process.exitCode = found.length === 0 ? 0 : 1;
