import { compact, keep } from '@haven/http';
import type { RegistryEvent } from '../registry-event/registry-event.schema.js';
import type { SeenTransfer } from './transfer.board.js';
import type { View } from './viewer.service.js';

export const presentTransfer = (transfer: SeenTransfer, view: View): object =>
  compact({
    id: transfer.id,
    kind: transfer.kind,
    state: transfer.state,
    project_id: transfer.projectId,
    repository_name: transfer.repository,
    digest: transfer.digest,
    username: keep(transfer.username),
    address: view.seesAddresses(transfer.projectId) ? transfer.address : undefined,
    start_time: transfer.startTime,
    bytes: keep(transfer.bytes),
    bytes_per_second: keep(transfer.bytesPerSecond),
    total_bytes: keep(transfer.totalBytes),
  });

export const presentEvent = (event: RegistryEvent, projectId: number, view: View): object =>
  compact({
    id: event.id,
    time: event.timestamp,
    project_id: projectId,
    repository_name: event.target.repository,
    digest: event.target.digest,
    tag: event.target.tag,
    tags: event.tags.length === 0 ? undefined : event.tags,
    username: keep(event.actor?.name),
    address: view.seesAddresses(projectId) ? event.request?.addr : undefined,
    count: event.count === 1 ? undefined : event.count,
    reason: event.reason,
  });
