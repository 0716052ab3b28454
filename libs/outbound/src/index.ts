export type { Reach } from './address.js';
export { OutboundClient, type OutboundOptions, type OutboundRequest } from './outbound.client.js';
export { OutboundError, toOutboundError, type OutboundReason } from './outbound.error.js';
export { OutboundResponse } from './outbound-response.js';
export { assertWithinReach } from './within-reach.js';
