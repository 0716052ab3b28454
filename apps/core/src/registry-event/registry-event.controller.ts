import { Controller, HttpCode, Post } from '@nestjs/common';
import { internal, JsonBody, Operation } from '@haven/http';
import type { z } from 'zod';
import { notification } from './registry-event.schema.js';
import { RegistryEventService } from './registry-event.service.js';

/** Where the registry tells what happened. nginx keeps it closed to the outside. */
@Controller('/service/notifications')
export class RegistryEventController {
  constructor(private readonly events: RegistryEventService) {}

  @Post()
  @HttpCode(200)
  @Operation('receiveRegistryEvents', internal())
  receive(@JsonBody(notification) body: z.infer<typeof notification>): Promise<void> {
    return this.events.receive(body.events);
  }
}
