import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { FastifyAdapter, NestFastifyApplication } from '@nestjs/platform-fastify';
import type { ErrorLog } from './error-responder.js';
import { nestLog } from './nest-log.js';

/** A Nest application on Fastify, not listening yet: bodies are read by whoever wants them, and a failed start throws. */
export const createNest = (
  module: Type | DynamicModule,
  adapter: FastifyAdapter,
  log: ErrorLog,
): Promise<NestFastifyApplication> =>
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- Nest declares this bag of options as a class.
  NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: nestLog(log),
    bodyParser: false,
    abortOnError: false,
  });
