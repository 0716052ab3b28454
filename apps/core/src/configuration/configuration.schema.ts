import { z } from 'zod';

/** Harbor's Configurations: any of the keys; each value is checked by its key. */
export const configurationBody = z.record(z.string().max(64), z.unknown());
