/* Images and frames of a study that has more than one: which, where, and the cine. Slices of a series are one image here. */

import { el, role } from "../dom.mjs";
import { positivesByPlace } from "./items.mjs";
import { positionIn, stacksOf } from "./stack.mjs";
import { handle, stack, state, viewer } from "./state.mjs";

const SPEEDS = [2, 5, 10, 15, 24];
let speed = 10;

export function playOrStop() {
  if (stack().length < 2) return;
  if (viewer.playing) viewer.pause();
  else viewer.play(speed);
}

export function drawFrames() {
  const box = role("frames");
  const { study, findings } = state.loaded;
  const stacks = stacksOf(study.instances);
  const here = stack();
  box.hidden = stacks.length < 2 && here.length < 2;
  document.querySelector('.tools [data-act="cine"]').disabled = here.length < 2;
  if (box.hidden) return box.replaceChildren();
  const positives = positivesByPlace(findings);
  const first = here[0]?.instance.id;
  const shape = `${study.id} ${first} ${here.length} ${stacks.length} ${[...positives].join()}`;
  if (box.dataset.shape !== shape) build(box, { stacks, here, positives, shape });
  return follow(box, { here, positives });
}

function build(box, { stacks, here, positives, shape }) {
  box.dataset.shape = shape;
  const parts = [];
  if (stacks.length > 1) parts.push(el("div", { class: "images", role: "group", "aria-label": "Images of the study" }, stacks.map((other, index) => imageButton(other, index, positives))));
  if (here.length > 1) {
    const slider = el("input", { type: "range", min: 0, max: here.length - 1, value: positionIn(here, state.place), "aria-label": "Frame", "data-role": "frame" });
    slider.addEventListener("input", () => goTo(here[Number(slider.value)]));
    const rate = el("select", { "aria-label": "Frames a second", "data-role": "cine-speed" }, SPEEDS.map((value) => el("option", { value, selected: value === speed }, `${value}/s`)));
    rate.addEventListener("change", () => setSpeed(Number(rate.value)));
    parts.push(el("div", { class: "line" }, el("button", { type: "button", class: "button small", "data-role": "cine-button", onclick: playOrStop }, "Play"), slider, el("span", { class: "where nowrap", "data-role": "frame-words" }), rate));
  }
  box.replaceChildren(...parts);
}

function goTo({ instance, frame }) {
  handle.go({ instanceId: instance.id, frame });
}

function setSpeed(value) {
  speed = value;
  if (viewer.playing) viewer.play(speed);
}

function follow(box, { here, positives }) {
  if (here.length < 2) return;
  const at = positionIn(here, state.place);
  const count = positives.get(`${state.place.instanceId}:${state.place.frame}`) ?? 0;
  const name = here[0].instance.id === here.at(-1).instance.id ? "frame" : "slice";
  role("frame-words", box).textContent = `${name} ${at + 1} of ${here.length}${count ? ` · ${count} positive` : ""}`;
  role("frame", box).value = String(at);
  role("cine-button", box).textContent = viewer.playing ? "Stop" : "Play";
}

function imageButton(places, index, positives) {
  const { instance } = places[0];
  const count = places.reduce((sum, place) => sum + (positives.get(`${place.instance.id}:${place.frame}`) ?? 0), 0);
  const many = places.length > 1 ? `${places.length} frames` : "";
  const words = [`image ${index + 1}`, instance.view_position, instance.laterality, many, count ? `${count} positive` : ""].filter(Boolean).join(" ");
  return el("button", { type: "button", class: "button small", "aria-pressed": positionIn(places, state.place) >= 0 ? "true" : "false", onclick: () => goTo(places[0]) }, words);
}
