import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Base64 of a text that stands within a longer one, whatever comes before it: without the digits that share its neighbours. */
function base64Within(text: string): string[] {
  return [0, 1, 2].map((shift) => {
    const digits = Buffer.from(' '.repeat(shift) + text).toString('base64');
    return digits.slice(shift === 0 ? 0 : shift + 1, -4);
  });
}

/** Values that nobody may read anywhere, and where they were found all the same. */
export class SecretHunt {
  private readonly forms = new Map<string, string>();

  /** A new secret. Its core is the same when it is escaped for a URL or for JSON. */
  secret(what: string): string {
    const core = `Aa1${randomBytes(12).toString('hex')}`;
    this.forbid(what, core);
    return `${core}/+&=%`;
  }

  /** A secret that somebody else made up. */
  forbid(what: string, value: string): void {
    for (const form of [value, encodeURIComponent(value)]) this.forms.set(form, what);
    for (const form of base64Within(value)) this.forms.set(form, `${what}, in base64`);
  }

  /** @returns `where: what`, with what stands before it, once for each */
  findIn(where: string, text: string): string[] {
    return [...this.forms].flatMap(([form, what]) => {
      const at = text.indexOf(form);
      return at === -1 ? [] : [`${where}: ${what} after ${JSON.stringify(text.slice(Math.max(0, at - 160), at))}`];
    });
  }

  /** Looks through every file of a folder. */
  async findInFiles(folder: string): Promise<string[]> {
    const files = await readdir(folder);
    const found = files.map(async (file) => this.findIn(file, await readFile(join(folder, file), 'utf8')));
    return (await Promise.all(found)).flat();
  }
}
