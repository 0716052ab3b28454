import type { Command } from './command.ts';
import type { Probe } from './probe.ts';

/** In the order in which they start; they stop in the reverse order. */
export const partNames = [
  'postgres',
  'redis',
  'log-collector',
  'core',
  'registry',
  'jobservice',
  'gc-controller',
  'nginx',
] as const;

export type PartName = (typeof partNames)[number];

export const isPartName = (name: string): name is PartName => (partNames as readonly string[]).includes(name);

/** One background process of the platform, described so that it can be started and recognised later. */
export interface Part {
  name: PartName;
  command: Command;
  /** Ports it listens on; the first is the one that `status` shows. */
  ports: readonly number[];
  probe: Probe;
  /** How it is asked to stop. */
  stopSignal: 'SIGTERM' | 'SIGINT';
  /**
   * For a program with child processes: its executable, and its working directory, which no other platform shares.
   * By these, children are found that outlived their master.
   */
  forks: { program: string; folder: string } | null;
  /** Called before each start, when nothing of an earlier one runs any more. */
  beforeStart?: () => void;
  /** Whatever else, when it changes, needs a new start: rendered files, the build. */
  settings: string;
}
