/* What the bar of every page does: its menus close, and the theme follows the choice at once and for good. */

import { putJson } from "./api.mjs";

const PREFERENCES = "/api/preferences/";

function closeMenus(except = null) {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== except) menu.open = false;
}

function chooseTheme(theme) {
  document.documentElement.dataset.theme = theme;
  document.body.classList.toggle("theme-light", theme === "light"); // the administration is told by its body
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", button.dataset.themeChoice === theme ? "true" : "false");
  }
  putJson(PREFERENCES, { theme }).catch(() => {}); // the page is in the theme that was asked for; the next one may not be
}

/** Esc closes the open menu and nothing else; the focus goes back to what opened it. */
function escaped(event) {
  const open = document.querySelector("details.menu[open]");
  if (event.key !== "Escape" || !open) return;
  event.stopImmediatePropagation();
  open.open = false;
  open.querySelector("summary").focus();
}

/** Whoever signs out takes along what this browser's tabs kept for them. */
const tabs = new BroadcastChannel("second-reader.signed-out");
tabs.onmessage = () => sessionStorage.clear();
addEventListener("submit", (event) => {
  if (!event.target.matches(".account form")) return;
  sessionStorage.clear();
  tabs.postMessage("signed out");
});

addEventListener("keydown", escaped, { capture: true });
addEventListener("click", (event) => {
  const choice = event.target.closest("[data-theme-choice]");
  if (choice) chooseTheme(choice.dataset.themeChoice);
  closeMenus(event.target.closest("details.menu"));
});
