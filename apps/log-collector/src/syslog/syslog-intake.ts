import { LabelSets, type LabelSet } from '../line/label-set.js';
import { levelOfPriority } from '../line/level.js';
import { ownLabels } from '../line/line-labels.js';
import type { LogStore } from '../store/log-store.js';
import { parseSyslog } from './syslog-message.js';

const OPENING_BRACE = 123;
const mostRemembered = 10_000;

/** Files syslog messages under their program, host and level. */
export class SyslogIntake {
  /** By what a message says of itself; asked for every message, so it is one look-up. */
  private readonly remembered = new Map<string, LabelSet>();

  constructor(
    private readonly store: Pick<LogStore, 'append'>,
    private readonly sets: LabelSets,
  ) {}

  /** @param frame one message, kept only until this returns @param sender address, for messages that name no host */
  take(frame: Buffer, sender: string): void {
    const now = Date.now();
    const { priority, time, host, app, messageAt } = parseSyslog(frame, now);
    const message = frame.subarray(messageAt);
    const from = host === '' ? sender : host;
    const labels =
      message[0] === OPENING_BRACE
        ? this.sets.of(app, { host: from, level: levelOfPriority(priority), ...ownLabels(message) })
        : this.labelsOf(app, from, priority & 7);
    this.store.append(labels, time ?? now * 1_000, message);
  }

  private labelsOf(app: string, host: string, severity: number): LabelSet {
    const key = `${severity} ${host} ${app}`;
    const known = this.remembered.get(key);
    if (known !== undefined) return known;
    if (this.remembered.size >= mostRemembered) this.remembered.clear();
    const labels = this.sets.of(app, { host, level: levelOfPriority(severity) });
    this.remembered.set(key, labels);
    return labels;
  }
}
