import { compact } from '@haven/http';
import type { ImmutableRuleRow } from './immutable.repository.js';

/** Harbor's ImmutableRule. */
export const presentImmutableRule = ({ id, disabled, filter }: ImmutableRuleRow): object =>
  compact({
    id,
    disabled,
    priority: filter.priority,
    action: filter.action,
    template: filter.template,
    params: filter.params,
    tag_selectors: filter.tag_selectors.map((selector) => compact(selector)),
    scope_selectors: Object.fromEntries(
      Object.entries(filter.scope_selectors).map(([kind, selectors]) => [
        kind,
        selectors.map((selector) => compact(selector)),
      ]),
    ),
  });
