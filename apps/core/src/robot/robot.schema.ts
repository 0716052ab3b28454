import { z } from 'zod';

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');

const permissions = z
  .array(
    z.object({
      kind: text,
      namespace: text,
      access: z.array(z.object({ resource: text, action: text, effect: text })).nullish(),
    }),
  )
  .max(1_000)
  .nullish();

const integer = z
  .int()
  .nullish()
  .transform((value) => value ?? 0);

/** Harbor's RobotCreate. Its secret and its `disable` are not looked at: secrets are made here, and shown once. */
export const robotCreation = z.object({
  name: text,
  description: text,
  level: text,
  duration: integer,
  permissions,
});

/** Harbor's Robot, as far as it can be changed; name and level have to be what they are. */
export const robotUpdate = z.object({
  name: text,
  description: text,
  level: text,
  duration: integer,
  disable: z
    .boolean()
    .nullish()
    .transform((value) => value ?? false),
  permissions,
});

/** Harbor's RobotSec; without a secret a new one is made. */
export const robotSecret = z.object({ secret: text });

export type RobotCreation = z.infer<typeof robotCreation>;
export type RobotUpdate = z.infer<typeof robotUpdate>;
export type RobotSecret = z.infer<typeof robotSecret>;
export type RequestedPermissions = RobotUpdate['permissions'];
