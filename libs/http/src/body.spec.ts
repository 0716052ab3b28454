import { AppError } from '@haven/errors';
import { z } from 'zod';
import { badRequest, parseBody } from './body.js';

const schema = z.object({
  name: z.string().min(1).max(5),
  password: z
    .string()
    .refine((text) => text !== 'weak', badRequest('is too weak'))
    .optional(),
  nested: z.object({ list: z.array(z.number()).optional() }).optional(),
});

const refusal = (body: unknown): string => {
  try {
    parseBody(schema, body);
  } catch (error) {
    if (error instanceof AppError) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'nothing thrown';
};

describe('parseBody', () => {
  it('gives the typed body without unknown fields', () => {
    expect(parseBody(schema, { name: 'a', other: 1 })).toEqual({ name: 'a' });
  });

  it.each([
    [undefined, 'UNPROCESSABLE_ENTITY body: is required'],
    [null, 'UNPROCESSABLE_ENTITY body: is required'],
    [{}, 'UNPROCESSABLE_ENTITY name in body: is required'],
    [{ name: null }, 'UNPROCESSABLE_ENTITY name in body: is required'],
    [{ name: '' }, 'UNPROCESSABLE_ENTITY name in body: Too small: expected string to have >=1 characters'],
    [{ name: 1 }, 'BAD_REQUEST name in body: Invalid input: expected string, received number'],
    [[], 'BAD_REQUEST body: Invalid input: expected object, received array'],
    ['text', 'BAD_REQUEST body: Invalid input: expected object, received string'],
    [{ name: 'a', password: 'weak' }, 'BAD_REQUEST password in body: is too weak'],
    [
      { name: 'a', nested: { list: ['x'] } },
      'BAD_REQUEST nested.list.0 in body: Invalid input: expected number, received string',
    ],
  ])('%j: %s', (body, expected) => {
    expect(refusal(body)).toBe(expected);
  });

  it('names every wrong field', () => {
    expect(refusal({ name: 'too long', nested: { list: null } })).toMatch(
      /^UNPROCESSABLE_ENTITY name in body.*; nested\.list in body/,
    );
  });
});
