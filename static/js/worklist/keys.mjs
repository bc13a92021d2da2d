/* The keys of the worklist. */

import { ask, role, typing } from "../dom.mjs";

const PAGE_ROWS = 10;

/** U takes back the signature that the foot of the page still speaks of, else it adds images. */
function undoOrUpload(toast, upload) {
  const undo = toast.takeUndo();
  if (undo) undo();
  else upload?.choose();
}

function escape({ list, search, upload }) {
  if (upload?.shown) upload.hide();
  else if (search.active) search.leave();
  else if (list.chosen) list.choose(null);
}

export function keysOfPage(desk) {
  const { list, search, filters, toast, start, lanes, upload } = desk;
  const keys = {
    ArrowDown: () => list.step(1),
    ArrowUp: () => list.step(-1),
    PageDown: () => list.step(PAGE_ROWS),
    PageUp: () => list.step(-PAGE_ROWS),
    Home: () => list.choose(list.rows[0]?.id ?? null),
    End: () => list.choose(list.rows.at(-1)?.id ?? null),
    Enter: start,
    "/": () => search.focus(),
    f: () => filters.open(),
    F: () => filters.open(),
    u: () => undoOrUpload(toast, upload),
    U: () => undoOrUpload(toast, upload),
    "?": () => ask(role("keys")),
    Escape: () => escape(desk),
  };
  lanes.forEach((button, index) => { keys[String(index + 1)] = () => button.click(); });
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target === search.field) {
      event.target.blur();
      search.leave();
      search.forget();
    } else if (!typing(event) && keys[event.key] && !(event.key === "Enter" && event.target.closest("button, a, summary"))) {
      event.preventDefault();
      keys[event.key]();
    }
  });
}
