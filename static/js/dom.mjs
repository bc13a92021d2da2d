/* Small helpers to make and fill elements. Text is always text, never markup. */

/** An element with properties (class, data-*, aria-*, on*, attributes) and children (nodes, strings, null). */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** The element that a page module works on: behaviour hangs on data-role. */
export function role(name, within = document) {
  return within.querySelector(`[data-role="${name}"]`);
}

/** The JSON that the server put into the page. */
export function pageData() {
  return JSON.parse(document.getElementById("page-data").textContent);
}

/** True when a key press belongs to a field, a menu or a dialog, not to the page. */
export function typing(event) {
  const target = event.target;
  if (event.ctrlKey || event.metaKey || event.altKey) return true;
  if (target.closest("dialog[open]")) return true;
  if (target.matches("textarea, select")) return true;
  return target.matches("input") && !["range", "checkbox", "radio"].includes(target.type);
}

/** Shows a modal dialog and resolves with its return value ("" when it was dismissed). */
export function ask(dialog) {
  return new Promise((resolve) => {
    dialog.returnValue = "";
    dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true });
    dialog.showModal();
  });
}
