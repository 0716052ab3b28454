const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** A size as Harbor's quota messages write it: `512.0 KiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value.toFixed(1)} ${units[unit] ?? 'B'}`;
}
