import { activeTracing, setTracing, type TracingConfig } from './tracing.js';

/** Begins to record spans where that is configured. To be called before the logger is made. */
export async function startTracing(service: string, config: TracingConfig): Promise<void> {
  const { endpoint } = config;
  if (endpoint === null) return;
  const { openTelemetry } = await import('./open-telemetry.js');
  setTracing(openTelemetry(service, { ...config, endpoint }));
}

/** Hands over what is recorded, for some seconds at most. */
export async function stopTracing(): Promise<void> {
  await activeTracing()?.close();
  setTracing(null);
}
