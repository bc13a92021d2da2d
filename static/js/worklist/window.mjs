/* Pure: which rows of a long list are in the document, and how far the list scrolls when rows come or go above a place. */

/** The rows [first, last) that the view and a margin around it show. */
export function windowOf({ count, rowHeight, scrollTop, viewHeight, margin }) {
  const first = Math.max(0, Math.floor(scrollTop / rowHeight) - margin);
  const last = Math.min(count, Math.ceil((scrollTop + viewHeight) / rowHeight) + margin);
  return { first: Math.min(first, Math.max(0, last)), last };
}

/** The scroll position at which an anchor keeps its place on the screen; the position itself when there is none. */
export function anchored({ scrollTop, before, after, rowHeight }) {
  if (before < 0 || after < 0) return scrollTop;
  return Math.max(0, scrollTop + (after - before) * rowHeight);
}

/** The scroll position that brings a row into view with the least movement. */
export function revealed({ index, rowHeight, scrollTop, viewHeight }) {
  const top = index * rowHeight;
  if (top < scrollTop) return top;
  return Math.max(scrollTop, top + rowHeight - viewHeight);
}
