import { readFileSync } from 'node:fs';
import { settings } from './settings.js';

const page = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');

/** `| key | default | meaning |` rows of the page, in order. */
const rows = page
  .split('\n')
  .map((line) => /^\| `([A-Z_]+)` \| (.*?) \| (.*) \|$/.exec(line))
  .flatMap((match) => (match === null ? [] : [{ key: match[1], fallback: match[2], meaning: match[3] }]));

describe('docs/configuration.md', () => {
  it('documents every key of the services once, as the code has it', () => {
    const expected = Object.values(settings).map((setting) => ({
      key: setting.env,
      fallback:
        setting.fallback === undefined ? 'required' : setting.fallback === '' ? 'none' : `\`${setting.fallback}\``,
      meaning: setting.secret ? `${setting.doc} Secret.` : setting.doc,
    }));
    expect(rows.filter((row) => expected.some((entry) => entry.key === row.key))).toEqual(expected);
  });
});
