import { ScrubReport, type Finding } from './scrub-report.js';

const finding = (kind: Finding['kind'], size = 1): Finding => ({ kind, digest: 'sha256:x', size, action: 'none' });

describe('a report', () => {
  it('goes on from what it has told', () => {
    const report = ScrubReport.from({});
    report.advance('sha256:07', 0.03);
    report.checked({ files: 2, bytes: 10 });
    report.note(finding('corrupt', 5));
    const told = report.attributes();
    report.note(finding('corrupt', 5));
    const next = ScrubReport.from(told);
    expect([next.cursor, next.progress, next.findings, report.findings]).toEqual(['sha256:07', 0.03, 1, 2]);
    expect(next.attributes()).toEqual(told);
  });

  it('counts everything and names the first hundred', () => {
    const report = ScrubReport.from({});
    for (let each = 0; each < 150; each += 1) report.note(finding('orphan_file', 2));
    const { found, first } = report.attributes() as { found: object; first: unknown[] };
    expect([found, first.length]).toEqual([{ orphan_file: { count: 150, bytes: 300 } }, 100]);
  });

  it('stops where losses are no decay, unless it is forced', () => {
    const lossy = (isForced: boolean): ScrubReport => {
      const report = ScrubReport.from({}, isForced);
      report.checked({ files: 100, rows: 100 });
      for (let each = 0; each < 20; each += 1) report.note(finding('missing'));
      return report;
    };
    expect(() => {
      lossy(false).assertFewLosses();
    }).toThrow('look at the disk');
    expect(() => {
      lossy(true).assertFewLosses();
    }).not.toThrow();
    const large = lossy(false);
    large.checked({ rows: 1_000 });
    expect(() => {
      large.assertFewLosses();
    }).not.toThrow();
  });

  it.each([
    [0, { blobs: 0, manifests: 0 }, null],
    [10, { blobs: 0, manifests: 0 }, null],
    [11, { blobs: 0, manifests: 0 }, 'indexed'],
    [0, { blobs: 12, manifests: 3 }, 'mounted'],
    [100, { blobs: 100, manifests: 50 }, null],
    [150, { blobs: 100, manifests: 50 }, null],
    [900_000, { blobs: 1_000_000, manifests: 0 }, null],
    [800_000, { blobs: 1_000_000, manifests: 0 }, 'mounted'],
    [1_300_000, { blobs: 1_000_000, manifests: 100_000 }, 'indexed'],
  ])('holds %d files against %j', (files, rows, complaint) => {
    const check = (isForced: boolean) => () => {
      ScrubReport.from({}, isForced).assertBelongTogether(files, rows);
    };
    if (complaint === null) expect(check(false)).not.toThrow();
    else expect(check(false)).toThrow(complaint);
    expect(check(true)).not.toThrow();
  });
});
