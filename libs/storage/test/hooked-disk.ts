import * as nodeDisk from 'node:fs/promises';
import type { Disk } from '../src/disk.js';

type Call = (...args: unknown[]) => Promise<unknown>;

/**
 * Told of every step before it is taken, those on open files included. It may throw to make the step fail,
 * or change the arguments, of which the path is the first unless the step is one on an open file.
 */
export type Hook = (step: string, path: string, args: unknown[]) => void;

/** The real disk, with something that looks on. */
export function hookedDisk(hook: Hook): Disk {
  const get = (disk: Disk, name: keyof Disk): Call => {
    const call = disk[name] as unknown as Call;
    return async (...args) => {
      const path = args[0] as string;
      hook(name, path, args);
      const result = await call(...args);
      return name === 'open' ? hookedFile(result as nodeDisk.FileHandle, path, hook) : result;
    };
  };
  return new Proxy<Disk>({ ...nodeDisk }, { get });
}

function hookedFile(file: nodeDisk.FileHandle, path: string, hook: Hook): nodeDisk.FileHandle {
  const get = (target: nodeDisk.FileHandle, name: string): unknown => {
    const call: unknown = Reflect.get(target, name);
    if (typeof call !== 'function') return call;
    // The kernel closes the files of a dead process too.
    if (name === 'close' || name === 'createReadStream') return call.bind(target) as unknown;
    return async (...args: unknown[]) => {
      hook(name, path, args);
      return (call as Call).apply(target, args);
    };
  };
  return new Proxy(file, { get: (target, name) => get(target, String(name)) });
}

/** A disk that dies before the given step (1 is the first): that step and all later ones, clean-up included, do not happen. */
export function dyingDisk(lastStep: number): { disk: Disk; isDead: () => boolean } {
  let step = 0;
  const disk = hookedDisk((name) => {
    step++;
    if (step >= lastStep) throw new Error(`killed before ${name}`);
  });
  return { disk, isDead: () => step >= lastStep };
}
