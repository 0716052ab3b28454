import { AppError } from '@haven/errors';
import {
  initialMetadata,
  requestedAllowlist,
  requestedMetadata,
  requireProjectName,
  requireStorageLimit,
} from './project-rules.js';

describe('a project name', () => {
  it.each(['a', 'library', 'my-team', 'a.b_c-d', '123', 'x'.repeat(255)])('%s is fit', (name) => {
    expect(requireProjectName(name)).toBe(name);
  });

  it.each([undefined, null, '', 'A', 'a--b', '-a', 'a-', 'a b', 'a/b', 'a\n', 'é', 'x'.repeat(256)])(
    '%j is refused',
    (name) => {
      expect(() => requireProjectName(name)).toThrow(AppError);
    },
  );
});

describe('the metadata of a request', () => {
  it('makes a project private unless it says otherwise', () => {
    expect(initialMetadata({})).toEqual({ public: 'false' });
    expect(initialMetadata({ public: true })).toEqual({ public: 'true' });
    expect(initialMetadata({ metadata: { public: 'true' } })).toEqual({ public: 'true' });
    expect(initialMetadata({ public: true, metadata: { public: 'false' } })).toEqual({ public: 'false' });
  });

  it('takes only true and false for the publicity of a new project, and no retention policy', () => {
    expect(() => initialMetadata({ metadata: { public: '1' } })).toThrow("'true' or 'false'");
    expect(() => initialMetadata({ metadata: { retention_id: '3' } })).toThrow(AppError);
    expect(initialMetadata({ metadata: { retention_id: '' } })).toEqual({ public: 'false' });
  });

  it('keeps what is known, leaves out what is empty or belongs to proxy caches', () => {
    const metadata = { severity: 'HIGH', auto_scan: 't', prevent_vul: '', proxy_speed_kb: '5', retention_id: '9' };
    expect(requestedMetadata({ metadata })).toEqual({ severity: 'high', auto_scan: 'true' });
    expect(requestedMetadata({})).toEqual({});
  });

  it('refuses values that a key does not take', () => {
    expect(() => requestedMetadata({ metadata: { severity: 'awful' } })).toThrow(AppError);
  });
});

describe('a storage limit', () => {
  it.each([-1, 1, 1_125_899_906_842_624])('%d is fit', (bytes) => {
    expect(requireStorageLimit(bytes)).toBe(bytes);
  });

  it.each([0, -2, 1_125_899_906_842_625])('%d is refused', (bytes) => {
    expect(() => requireStorageLimit(bytes)).toThrow(AppError);
  });
});

describe('a CVE allow-list', () => {
  it('is for the project it is sent to', () => {
    expect(requestedAllowlist({ project_id: 0, items: [{ cve_id: 'CVE-1' }] }, 7)).toEqual({
      expiresAt: null,
      items: [{ cve_id: 'CVE-1' }],
    });
    expect(requestedAllowlist({ project_id: 7, expires_at: 5 }, 7)).toEqual({ expiresAt: 5, items: [] });
    expect(() => requestedAllowlist({ project_id: 8 }, 7)).toThrow('must be 7');
  });

  it.each([
    ['an empty id', [{ cve_id: ' ' }]],
    ['no id', [{}]],
    ['an id twice', [{ cve_id: 'CVE-1' }, { cve_id: 'CVE-1' }]],
  ])('refuses %s', (_what, items) => {
    expect(() => requestedAllowlist({ items }, 7)).toThrow(AppError);
  });
});
