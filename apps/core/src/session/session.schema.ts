import { z } from 'zod';

export const loginForm = z.object({ principal: z.string().max(255), password: z.string().max(1024) });

export const userExistsForm = z.object({ target: z.enum(['username', 'email']), value: z.string().max(255) });
