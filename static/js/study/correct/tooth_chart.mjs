/* The teeth of a patient as one looks at them, to choose one: by mouse, by arrows, by typing its number. */

import { el } from "../../dom.mjs";
import { archOf, archPlaces, isPrimary, stepTooth, toothName, toothNumber, toothSize, toothTyped } from "./teeth.mjs";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 324;
const HEIGHT = 296;
const ARCH = { x: WIDTH / 2, halfWidth: 145, halfHeight: 112 };
const UPPER_Y = 130;
const LOWER_Y = HEIGHT - UPPER_Y;
const TYPING_MS = 900;

export class ToothChart {
  /**
   * @param numbering "fdi" | "universal": what is written on the teeth; values are FDI always
   * @param primary shows the primary teeth
   * @param value FDI number or null
   * @param onPick called with an FDI number, or null when the choice is cleared
   * @param onNumbering called when the reader changes the numbering
   */
  constructor({ numbering = "fdi", primary = false, value = null, onPick, onNumbering = () => {} }) {
    this.onPick = onPick;
    this.onNumbering = onNumbering;
    this.shownNumbering = numbering;
    this.primary = value ? isPrimary(value) : primary;
    this.chosen = value;
    this.typed = "";
    this.teeth = new Map();
    this.picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "radiogroup", "aria-label": "Tooth" });
    this.picture.addEventListener("keydown", (event) => this.pressed(event));
    this.words = el("p", { class: "tooth-words" });
    this.switches = el("div", { class: "tooth-switches" });
    this.element = el("div", { class: "tooth-chart" }, this.picture, this.words, this.switches);
    this.draw();
  }

  get value() {
    return this.chosen;
  }

  set value(fdi) {
    this.chosen = fdi;
    if (fdi && isPrimary(fdi) !== this.primary) this.primary = isPrimary(fdi);
    this.draw();
  }

  set numbering(numbering) {
    this.shownNumbering = numbering;
    this.draw();
  }

  focus() {
    this.teeth.get(this.reachable())?.focus();
  }

  draw() {
    const { upper, lower } = archOf(this.primary);
    const places = [...archPlaces(upper, { ...ARCH, y: UPPER_Y, upper: true }), ...archPlaces(lower, { ...ARCH, y: LOWER_Y, upper: false })];
    this.teeth = new Map();
    const drawn = places.map((place) => this.tooth(place));
    const sides = [["right", 46, "start"], ["left", WIDTH - 46, "end"]].map(([word, x, anchor]) => text(word, { class: "tooth-side", x, y: HEIGHT / 2 + 4, "text-anchor": anchor, "aria-hidden": "true" }));
    this.picture.replaceChildren(...sides, ...drawn);
    this.words.textContent = this.chosen ? toothName(this.chosen) : "no tooth chosen";
    this.switches.replaceChildren(...this.buttons());
  }

  tooth({ fdi, x, y, angle }) {
    const [width, depth] = toothSize(fdi);
    const chosen = fdi === this.chosen;
    const number = toothNumber(fdi, this.shownNumbering);
    const crown = svg("rect", { class: "tooth-crown", x: -width / 2, y: -depth / 2, width, height: depth, rx: Math.min(width, depth) / 2.6, transform: `rotate(${angle.toFixed(1)})` });
    const names = { role: "radio", tabindex: fdi === this.reachable() ? "0" : "-1", "aria-checked": String(chosen), "aria-label": `${number}, ${toothName(fdi)}`, "data-tooth": fdi };
    const group = svg("g", { class: "tooth", transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`, ...names }, svg("circle", { class: "tooth-reach", r: 13 }), crown, text(number, { y: 4.5, "text-anchor": "middle", "aria-hidden": "true" }));
    group.addEventListener("click", () => this.pick(fdi === this.chosen ? null : fdi));
    this.teeth.set(fdi, group);
    return group;
  }

  buttons() {
    const other = this.shownNumbering === "fdi" ? "universal" : "fdi";
    const words = { fdi: "FDI", universal: "Universal" };
    const button = (text, act, more = {}) => el("button", { type: "button", class: "button small", onclick: act, ...more }, text);
    return [
      button(words[this.shownNumbering], () => this.renumber(other), { "aria-label": `Numbering: ${words[this.shownNumbering]}. Change to ${words[other]}`, "data-tooth-act": "numbering" }),
      button(this.primary ? "primary" : "permanent", () => this.turn(), { "aria-label": `${this.primary ? "Primary" : "Permanent"} teeth shown. Show the others`, "data-tooth-act": "dentition" }),
      button("no tooth", () => this.pick(null), { disabled: this.chosen === null, "data-tooth-act": "clear" }),
    ];
  }

  renumber(numbering) {
    this.numbering = numbering;
    this.onNumbering(numbering);
    this.again("numbering");
  }

  turn() {
    this.primary = !this.primary;
    this.draw();
    this.again("dentition");
  }

  /** The button that was pressed was drawn anew: the keyboard stays on it. */
  again(act) {
    this.switches.querySelector(`[data-tooth-act="${act}"]`)?.focus();
  }

  pick(fdi) {
    const within = this.element.contains(document.activeElement);
    this.value = fdi;
    if (within) this.focus();
    this.onPick(fdi);
  }

  /** The one tooth that Tab stops at: the chosen one, else the first above. */
  reachable() {
    const { upper, lower } = archOf(this.primary);
    return [...upper, ...lower].includes(this.chosen) ? this.chosen : upper[0];
  }

  pressed(event) {
    const fdi = Number(event.target.closest?.("[data-tooth]")?.dataset.tooth);
    if (!fdi || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" || event.key === " ") this.pick(fdi);
    else if (event.key === "Delete" || event.key === "Backspace") this.pick(null);
    else if (/^[0-9a-t]$/i.test(event.key)) this.type(event.key);
    else if (stepTooth(fdi, event.key) !== fdi) this.walk(stepTooth(fdi, event.key));
    else if (!event.key.startsWith("Arrow")) return;
    event.preventDefault();
    event.stopPropagation();
  }

  walk(fdi) {
    for (const [number, tooth] of this.teeth) tooth.setAttribute("tabindex", number === fdi ? "0" : "-1");
    this.teeth.get(fdi)?.focus();
  }

  /** "3" then "6" goes to 36, whichever dentition is shown; a letter goes to a primary tooth of Universal. */
  type(character) {
    clearTimeout(this.forgetting);
    this.forgetting = setTimeout(() => { this.typed = ""; }, TYPING_MS);
    this.typed = (this.typed + character).slice(-2);
    const fdi = toothTyped(this.typed, this.shownNumbering) ?? toothTyped(character, this.shownNumbering);
    if (!fdi) return;
    if (isPrimary(fdi) !== this.primary) {
      this.primary = isPrimary(fdi);
      this.draw();
    }
    this.walk(fdi);
  }
}

function svg(tag, properties, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(properties)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

function text(words, properties) {
  const element = svg("text", properties);
  element.textContent = words;
  return element;
}
