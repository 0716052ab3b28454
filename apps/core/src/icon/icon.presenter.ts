import type { Icon } from './icon.service.js';

/** Harbor's `Icon`: ready for a data URL. */
export const presentIcon = ({ contentType, bytes }: Icon): object => ({
  'content-type': contentType,
  content: bytes.toString('base64'),
});
