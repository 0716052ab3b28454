export { Browser, type Page, type Site, type SiteAnswer, type SiteRequest } from './browser.js';
export { OidcTestProvider, type PersonClaims, type ProviderSettings } from './provider.js';
