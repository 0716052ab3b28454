import { readFileSync } from 'node:fs';
import { OutboundClient } from '@haven/outbound';
import { JOBSERVICE_CONFIG, type JobserviceConfig } from '../jobservice.config.js';

/** Injection token of the way to the platform's own services; `OutboundClient` itself is the way to everybody else. */
export const INSIDE = Symbol('outbound client for the inside');

const outside = ({ outboundReach, outboundCaFile }: JobserviceConfig): OutboundClient =>
  new OutboundClient({
    reach: outboundReach,
    ca: outboundCaFile === '' ? '' : readFileSync(outboundCaFile, 'utf8'),
  });

export const outboundProviders = [
  { provide: OutboundClient, inject: [JOBSERVICE_CONFIG], useFactory: outside },
  { provide: INSIDE, useFactory: () => new OutboundClient({ reach: 'loopback' }) },
];
