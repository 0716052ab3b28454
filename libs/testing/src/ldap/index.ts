export { directory, groupDn, groupEntry, groupName, personEntry, userDn, userName } from './people.js';
export { Slapd, slapdIsMissing } from './slapd.js';
