import { watch, type FSWatcher } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readJsonLine } from '../ingest/json-line.js';
import type { LabelSets } from '../line/label-set.js';
import type { LogStore } from '../store/log-store.js';
import { writeWhole } from '../store/whole-file.js';
import { FollowedFile, type FilePlace } from './followed-file.js';
import { readPlainLine } from './plain-line.js';

export interface FileFollowerOptions {
  /** Null when there is nothing to follow. */
  folder: string | null;
  /** Where it is noted how far each file was read. */
  stateFile: string;
  maxLineBytes: number;
  onError(error: unknown, what: string): void;
}

/** Looked at even when the system told of no change. */
const everyMs = 2_000;
/** Between two looks, however much is written. */
const restMs = 100;
const saveMs = 1_000;
const partingMs = 2_000;
const mostFiles = 200;
const headBytes = 512;
const OPENING_BRACE = 123;
const suffix = '.log';

/**
 * Follows the log files of a folder, `<service>.log` each. Services write them whether or not anybody reads along; how
 * far they were read is noted on disk after the lines are, so that nothing is left out, though a kill may read a
 * second's lines twice.
 */
export class FileFollower {
  private readonly files = new Map<string, FollowedFile>();
  private readonly services = new Set<string>();
  private watcher: FSWatcher | null = null;
  private timers: NodeJS.Timeout[] = [];
  private running: Promise<void> | null = null;
  private isAsked = false;
  private isStopped = false;
  private pausedUntil = 0;
  private saved = '{}';
  private readonly host = hostname();

  constructor(
    private readonly store: Pick<LogStore, 'append' | 'room' | 'durable'>,
    private readonly sets: LabelSets,
    private readonly options: FileFollowerOptions,
  ) {}

  async start(): Promise<void> {
    const { folder, stateFile } = this.options;
    if (folder === null) return;
    this.saved = await readFile(stateFile, 'utf8').catch(() => '{}');
    const ask = (): void => {
      this.ask();
    };
    this.watcher = watch(folder, ask);
    this.watcher.on('error', (error) => {
      this.options.onError(error, 'the folder of log files is no longer watched, it is looked at every two seconds');
    });
    const save = (): void => {
      this.save().catch((error: unknown) => {
        this.options.onError(error, 'how far log files were read was not noted');
      });
    };
    this.timers = [setInterval(ask, everyMs), setInterval(save, saveMs)];
    ask();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.watcher?.close();
    for (const timer of this.timers) clearInterval(timer);
    // While the disk takes nothing there is no end to wait for.
    await Promise.race([this.running, delay(partingMs, undefined, { ref: false })]);
    await Promise.race([this.save().catch(() => undefined), delay(partingMs, undefined, { ref: false })]);
    await Promise.all([...this.files.values()].map((file) => file.close()));
  }

  /** Reads what is new, once more if asked meanwhile. */
  private ask(): void {
    this.isAsked = true;
    if (Date.now() < this.pausedUntil) return;
    this.running ??= this.readWhileAsked()
      .catch((error: unknown) => {
        // What is said of it may come to stand in one of these very files.
        this.pausedUntil = Date.now() + everyMs;
        this.options.onError(error, 'a log file could not be read, it is tried again');
      })
      .finally(() => {
        this.running = null;
      });
  }

  private async readWhileAsked(): Promise<void> {
    while (this.isAsked && !this.isStopped) {
      this.isAsked = false;
      await this.findFiles();
      for (const file of this.files.values()) await file.read();
      // The system tells of every line: those of the next moment are read together.
      await delay(restMs, undefined, { ref: false });
    }
  }

  private async findFiles(): Promise<void> {
    const { folder } = this.options;
    if (folder === null) return;
    const places = JSON.parse(this.saved) as Record<string, FilePlace | undefined>;
    for (const name of await readdir(folder)) {
      if (!name.endsWith(suffix) || this.files.has(name) || this.files.size >= mostFiles) continue;
      const file = this.follow(join(folder, name), name.slice(0, -suffix.length));
      const place = places[name];
      if (place !== undefined) await file.resume(place);
      this.files.set(name, file);
    }
  }

  private follow(path: string, service: string): FollowedFile {
    const defaults = { service, host: this.host };
    let last = { time: 0, level: 'info' };
    const onLine = (line: Buffer): void => {
      const now = Date.now() * 1_000;
      if (line[0] === OPENING_BRACE) {
        const { labels, time } = readJsonLine(line, defaults, this.sets);
        this.take(labels, time ?? now, line);
        return;
      }
      // A line without a time of its own goes on with the one before it.
      const { time, level } = readPlainLine(line.toString('utf8', 0, headBytes));
      if (time !== null) last = { time, level: level ?? 'info' };
      this.take(this.sets.of(service, { host: this.host, level: last.level }), last.time === 0 ? now : last.time, line);
    };
    return new FollowedFile(path, this.options.maxLineBytes, onLine, () => this.store.room());
  }

  private take(labels: Parameters<LogStore['append']>[0], time: number, line: Buffer): void {
    this.store.append(labels, time, line);
    this.services.add(labels.service);
  }

  private async save(): Promise<void> {
    const places = Object.fromEntries([...this.files].map(([name, file]) => [name, file.place]));
    const text = JSON.stringify({ ...(JSON.parse(this.saved) as object), ...places });
    if (text === this.saved) return;
    const services = [...this.services];
    this.services.clear();
    try {
      await this.store.durable(services);
      await writeWhole(this.options.stateFile, text);
      this.saved = text;
    } catch (error) {
      for (const service of services) this.services.add(service);
      throw error;
    }
  }
}
