/* Images and frames of a study that has more than one: which, where, and the cine. */

import { el, role } from "../dom.mjs";
import { positivesByPlace } from "./items.mjs";
import { handle, instance, state, viewer } from "./state.mjs";

const SPEEDS = [2, 5, 10, 15, 24];
let speed = 10;

export function playOrStop() {
  if ((instance()?.frames ?? 1) < 2) return;
  if (viewer.playing) viewer.pause();
  else viewer.play(speed);
}

export function drawFrames() {
  const box = role("frames");
  const { study, findings } = state.loaded;
  const one = instance();
  const frames = one?.frames ?? 1;
  box.hidden = study.instances.length < 2 && frames < 2;
  document.querySelector('.tools [data-act="cine"]').disabled = frames < 2;
  if (box.hidden) return box.replaceChildren();
  const positives = positivesByPlace(findings);
  const shape = `${study.id} ${state.place.instanceId} ${frames} ${[...positives].join()}`;
  if (box.dataset.shape !== shape) build(box, { study, one, frames, positives, shape });
  return follow(box, { one, frames, positives });
}

function build(box, { study, one, frames, positives, shape }) {
  box.dataset.shape = shape;
  const parts = [];
  if (study.instances.length > 1) parts.push(el("div", { class: "images", role: "group", "aria-label": "Images of the study" }, study.instances.map((other, index) => imageButton(other, index, positives))));
  if (frames > 1) {
    const slider = el("input", { type: "range", min: 0, max: frames - 1, value: state.place.frame, "aria-label": "Frame", "data-role": "frame" });
    slider.addEventListener("input", () => handle.go({ instanceId: one.id, frame: Number(slider.value) }));
    const rate = el("select", { "aria-label": "Frames a second", "data-role": "cine-speed" }, SPEEDS.map((value) => el("option", { value, selected: value === speed }, `${value}/s`)));
    rate.addEventListener("change", () => setSpeed(Number(rate.value)));
    parts.push(el("div", { class: "line" }, el("button", { type: "button", class: "button small", "data-role": "cine-button", onclick: playOrStop }, "Play"), slider, el("span", { class: "where nowrap", "data-role": "frame-words" }), rate));
  }
  box.replaceChildren(...parts);
}

function setSpeed(value) {
  speed = value;
  if (viewer.playing) viewer.play(speed);
}

function follow(box, { one, frames, positives }) {
  if (frames < 2) return;
  const here = positives.get(`${one.id}:${state.place.frame}`) ?? 0;
  role("frame-words", box).textContent = `frame ${state.place.frame + 1} of ${frames}${here ? ` · ${here} positive` : ""}`;
  role("frame", box).value = String(state.place.frame);
  role("cine-button", box).textContent = viewer.playing ? "Stop" : "Play";
}

function imageButton(instance, index, positives) {
  let count = 0;
  for (const [key, number] of positives) if (key.startsWith(`${instance.id}:`)) count += number;
  const words = [`image ${index + 1}`, instance.view_position, instance.laterality, count ? `${count} positive` : ""].filter(Boolean).join(" ");
  return el("button", { type: "button", class: "button small", "aria-pressed": instance.id === state.place.instanceId ? "true" : "false", onclick: () => handle.go({ instanceId: instance.id, frame: 0 }) }, words);
}
