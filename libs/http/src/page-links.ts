import type { FastifyReply } from 'fastify';
import type { ListQuery, Page } from './list-query.js';

/** A page of a list, and how many items the whole list has. */
export interface PageOf<T> {
  items: readonly T[];
  total: number;
}

/** Harbor leaves the query of a link unescaped; what would end the link or change its meaning stays escaped. */
const encodeLoosely = (text: string): string =>
  encodeURIComponent(text).replace(/%(?:2F|3A|3D|7E|5B|5D|7B|7D|40|24)/g, decodeURIComponent);

function linkTo(url: string, page: Page, rel: 'prev' | 'next'): string {
  const [path = '', query = ''] = url.split('?', 2);
  const params = new URLSearchParams(query);
  params.set('page', String(page.number));
  params.set('page_size', String(page.size));
  params.sort();
  const search = Array.from(params, ([name, value]) => `${encodeLoosely(name)}=${encodeLoosely(value)}`).join('&');
  return `<${path}?${search}>; rel="${rel}"`;
}

/**
 * The `Link` header of a page, or null when there is nothing to link to.
 * @param url path and query of the request
 * @param total items in the whole list
 */
export function pageLinks(url: string, page: Page, total: number): string | null {
  if (page.size === 0) return null;
  const { number, size } = page;
  const links = [
    ...(number > 1 && (number - 1) * size < total ? [linkTo(url, { number: number - 1, size }, 'prev')] : []),
    ...(number * size < total ? [linkTo(url, { number: number + 1, size }, 'next')] : []),
  ];
  return links.length === 0 ? null : links.join(' , ');
}

/** Sets the list headers of the reply and gives back the items, which the controller returns. */
export function sendPage<T>(reply: FastifyReply, { items, total }: PageOf<T>, { page }: ListQuery): readonly T[] {
  reply.header('x-total-count', total);
  const links = pageLinks(reply.request.url, page, total);
  if (links !== null) reply.header('link', links);
  return items;
}
