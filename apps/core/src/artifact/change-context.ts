import type { DeletionContext } from '@haven/models';
import type { Actor } from '../security/actor.decorator.js';

/** Who acts on content through the API, and who is told: core's own listeners, and the on-disk projection. */
export const changeContext = ({ username, sourceIp }: Actor): DeletionContext => ({
  actor: username,
  sourceIp,
  consumers: ['core', 'projection'],
});
