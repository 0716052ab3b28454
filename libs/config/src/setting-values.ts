import { z } from 'zod';

/** Where a service listens. */
export interface ListenAddress {
  host: string;
  port: number;
}

export const listenAddress = z.string().transform((text, context): ListenAddress => {
  const match = /^(.+):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match?.[1] === undefined || port > 65_535) {
    context.addIssue({ code: 'custom', message: 'expected host:port' });
    return z.NEVER;
  }
  return { host: match[1].replace(/^\[(.*)\]$/, '$1'), port };
});

/** Empty for none. */
export const optionalAddress = z.union([z.literal('').transform(() => null), listenAddress]);

export const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^-?\d+$/, 'expected a whole number')
    .transform(Number)
    .pipe(z.number().int().min(min).max(max));
export const url = z.url({ protocol: /^https?$/ }).transform((text) => text.replace(/\/+$/, ''));
export const optionalUrl = z.union([z.literal('').transform(() => null), url]);
export const text = z.string().min(1);
/** As OpenTelemetry writes them: `name=value,name=value`, with escapes as in URLs. */
export const headerList = z.string().transform((given, context): Readonly<Record<string, string>> => {
  const pairs = given.split(',').filter((pair) => pair.trim() !== '');
  try {
    return Object.fromEntries(
      pairs.map((pair) => {
        const [, name = '', value = ''] = /^\s*([\w-]+)\s*=(.*)$/.exec(pair) ?? [];
        if (name === '') throw new Error('no name');
        return [name, decodeURIComponent(value.trim())];
      }),
    );
  } catch {
    context.addIssue({ code: 'custom', message: 'expected name=value,name=value' });
    return z.NEVER;
  }
});
export const share = z
  .string()
  .regex(/^\d+(?:\.\d+)?$/, 'expected a number')
  .transform(Number)
  .pipe(z.number().min(0).max(1));
/** An empty object is none. */
export const jsonObject = z.string().transform((given, context): Readonly<Record<string, unknown>> | null => {
  try {
    const object = z.record(z.string(), z.unknown()).parse(JSON.parse(given));
    return Object.keys(object).length === 0 ? null : object;
  } catch {
    context.addIssue({ code: 'custom', message: 'expected a JSON object' });
    return z.NEVER;
  }
});
export const flag = z.enum(['true', 'false']).transform((value) => value === 'true');
