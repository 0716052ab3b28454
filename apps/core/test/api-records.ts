import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { apiRecordsFolder } from '@haven/testing';
import { operationOf } from './contract.js';

/** The operations that one test file has seen working, for docs/api-coverage.md. */
export class ApiRecords {
  private readonly working = new Set<string>();

  note(method: string, url: string, status: number): void {
    const operation = status < 300 ? operationOf(method, url) : null;
    if (operation !== null) this.working.add(operation);
  }

  /** Writes them down, if anybody wants to know. */
  save(): void {
    const folder = apiRecordsFolder();
    if (folder === undefined) return;
    const file = basename(expect.getState().testPath ?? 'unknown');
    mkdirSync(folder, { recursive: true });
    // One file for each platform of a test file: some start several.
    const name = `${file}-${process.pid}-${process.hrtime.bigint()}.json`;
    writeFileSync(join(folder, name), JSON.stringify({ file, operations: [...this.working] }));
  }
}
