import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { documentedSettings, nodeSettings } from '../harness/documented-settings.ts';

const root = join(import.meta.dirname, '../..');
const text = (file: string): string => readFileSync(join(root, file), 'utf8');
const isKnown = (key: string): boolean =>
  documentedSettings.has(key.replace(/_FILE$/, '')) || documentedSettings.has(key) || nodeSettings.has(key);
const composeText = text('deploy/docker-compose.yml');

describe('the compose file', () => {
  it('passes on only settings that the services read', () => {
    const { services } = parse(composeText, { merge: true }) as {
      services: Record<string, { image: string; environment?: Record<string, string> }>;
    };
    const passed = Object.entries(services).flatMap(([name, { image, environment = {} }]) =>
      image.includes('HAVEN_IMAGE') && name !== 'proxy' ? Object.keys(environment) : [],
    );
    expect(passed.length).toBeGreaterThan(20);
    expect(passed.filter((key) => !isKnown(key))).toEqual([]);
  });

  it('has the same defaults as the services', () => {
    for (const [, key = '', value] of composeText.matchAll(/^\s+[A-Z_]+: '?\$\{([A-Z_]+):?-(.*?)\}'?$/gm)) {
      const fallback = documentedSettings.get(key)?.fallback;
      // A password that everybody knows is for trials: without one, prepare makes one up.
      if (fallback === undefined || fallback === 'required' || key === 'HAVEN_ADMIN_PASSWORD') continue;
      expect([key, value]).toEqual([key, fallback === 'none' ? '' : fallback.replaceAll('`', '')]);
    }
  });

  it('asks its user for nothing that is not documented', () => {
    const documented = text('docs/compose.md') + text('docs/configuration.md');
    const asked = new Set([...composeText.matchAll(/\$\{([A-Z_]+)/g)].map(([, key = '']) => key));
    expect([...asked].filter((key) => !documented.includes(`\`${key}\``))).toEqual([]);
  });
});
