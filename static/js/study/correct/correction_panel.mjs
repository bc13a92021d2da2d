/* What the reader says of one finding, field by field: there or not, label, side, tooth, grade, reason, comment. */

import { el } from "../../dom.mjs";
import { label as word, sentence } from "../../words.mjs";
import { diffWords } from "./diff_words.mjs";
import { EMPTY, changedFields, diffOf, draftItem, fieldsOf, fieldsOfDraft, isTouched, withLabel } from "./fields.mjs";
import { pickLabel } from "./label_picker.mjs";
import { isTooth, sideOf, toothName, toothNumber, toothTyped } from "./teeth.mjs";
import { ToothChart } from "./tooth_chart.mjs";

const LONGEST_COMMENT = 2000;
const ROOM_FOR_A_CHART = "(min-height: 900px)";
let made = 0;

export class CorrectionPanel {
  /**
   * @param vocabulary of GET reviews/: {teeth, lateralities, grades, reasons}
   * @param labels what a finding of this study may be called
   * @param numbering "fdi" | "universal"
   * @param onSave (changed fields, line): POST them as "corrected", or PATCH them when line.kind is "added"
   * @param onReject ({reason_code, comment}, line)
   * @param onRemove (line): delete what the reader drew, or take back their word
   * @param onChange (line): something was touched; the draft is to be kept
   * @param onClose (line)
   * @param onNumbering (numbering)
   */
  constructor({ vocabulary, labels, numbering = "fdi", onSave, onReject, onRemove, onChange = () => {}, onClose = () => {}, onNumbering = () => {} }) {
    Object.assign(this, { vocabulary, labels, numbering, onSave, onReject, onRemove, onChange, onClose, onNumbering });
    made += 1;
    this.name = `correction-${made}`;
    this.line = null;
    this.before = this.fields = EMPTY;
    this.place = { instanceId: null, frame: 0 };
    this.chartOpen = matchMedia(ROOM_FOR_A_CHART).matches;
    this.element = el("form", { class: "correction", hidden: true, "aria-label": "Correct this finding", onsubmit: (event) => this.submitted(event), onkeydown: (event) => this.pressed(event) });
  }

  get isOpen() {
    return this.line !== null;
  }

  /** fields: an item of a draft; place: {instanceId, frame} for a line that has none yet. */
  open(line, { focus = null, fields = null, place = null } = {}) {
    this.line = line;
    this.place = place ?? this.place;
    this.before = line.key === null ? EMPTY : fieldsOf(line);
    this.fields = fields ? { ...this.before, ...fieldsOfDraft(fields) } : { ...this.before };
    this.element.hidden = false;
    this.draw();
    if (focus) this.focus(focus);
  }

  close() {
    if (!this.line) return;
    const line = this.line;
    const within = this.element.contains(document.activeElement);
    this.line = null;
    this.element.hidden = true;
    this.element.replaceChildren();
    if (within) document.activeElement?.blur();
    this.onClose(line);
  }

  /** The viewer drew, moved or resized the box. */
  setBox(box) {
    if (this.isOpen) this.set({ box });
  }

  setVocabulary(vocabulary, labels) {
    Object.assign(this, { vocabulary, labels });
    if (this.isOpen) this.draw();
  }

  setNumbering(numbering) {
    this.numbering = numbering;
    if (this.isOpen) this.draw();
  }

  get isTouched() {
    return this.isOpen && isTouched(this.before, this.fields);
  }

  /** What a draft keeps of it; null when nothing was touched. */
  draftItem() {
    return this.isTouched ? draftItem(this.line, this.fields, this.place) : null;
  }

  focus(part) {
    this.element.querySelector(`[data-part="${part}"] :is(input, button, select, textarea, [tabindex="0"])`)?.focus();
  }

  /** Changes fields, and draws what follows from them; the keyboard stays where it is. */
  set(change, { redraw = true } = {}) {
    this.fields = { ...this.fields, ...change };
    if (redraw) this.redraw();
    else this.drawSummary();
    this.onChange(this.line);
  }

  redraw() {
    const at = document.activeElement;
    const mark = this.element.contains(at) ? at.dataset.stay : null;
    this.draw();
    if (mark) this.element.querySelector(`[data-stay="${CSS.escape(mark)}"]`)?.focus();
  }

  draw() {
    const { there } = this.fields;
    const parts = [this.head(), this.line.kind === "added" ? null : this.presence()];
    if (there) parts.push(this.labelPart(), this.gradePart(), this.sidePart(), this.toothPart());
    parts.push(this.reasonPart(), this.commentPart(), this.summary(), this.buttons());
    this.element.replaceChildren(...parts.filter(Boolean));
  }

  head() {
    const words = this.line.kind === "added" ? "You drew" : "The model said";
    const close = el("button", { type: "button", class: "button small quiet", onclick: () => this.close() }, "Close ", el("kbd", {}, "Esc"));
    return el("div", { class: "correction-head" }, el("h2", {}, `${words} ${word(this.line.modelLabel ?? this.line.label ?? "")}`), close);
  }

  presence() {
    return this.choices("presence", "Is it there?", [["yes", "it is there"], ["no", "not there"]], this.fields.there ? "yes" : "no", (code) => this.set({ there: code === "yes", reason_code: "" }));
  }

  labelPart() {
    const button = el("button", { type: "button", class: "button correction-label", "data-stay": "label", "aria-haspopup": "dialog", onclick: () => this.chooseLabel() }, this.fields.label ? sentence(word(this.fields.label)) : "choose a label", el("span", { class: "faint" }, " change"));
    return el("div", { class: "correction-part", "data-part": "label" }, el("span", { class: "correction-name" }, "Label"), button);
  }

  async chooseLabel() {
    const chosen = await pickLabel({ title: "What is it?", labels: this.labels, current: this.fields.label });
    if (!this.isOpen) return;
    if (chosen) this.set(withLabel(this.fields, chosen, this.vocabulary.grades));
    this.focus("label");
  }

  gradePart() {
    const scale = this.vocabulary.grades[this.fields.label];
    if (!scale) return null;
    const codes = scale.map(({ code, words }) => [code, code, words]);
    return this.choices("grade", "Grade", [["", "none"], ...codes], this.fields.grade, (grade) => this.set({ grade }), scale.find((one) => one.code === this.fields.grade)?.words);
  }

  sidePart() {
    const sides = this.vocabulary.lateralities.map(({ code, words }) => [code, words]);
    return this.choices("side", "Side of the patient", [["", "not said"], ...sides], this.fields.laterality, (laterality) => this.set({ laterality }));
  }

  toothPart() {
    if (!this.vocabulary.teeth) return null;
    const { tooth } = this.fields;
    const id = `${this.name}-tooth`;
    const input = el("input", { type: "text", id, class: "correction-number", size: "3", maxlength: "2", autocomplete: "off", "data-stay": "tooth", value: tooth ? toothNumber(tooth, this.numbering) : "", oninput: () => this.typeTooth(input.value) });
    this.chart = new ToothChart({ numbering: this.numbering, value: tooth, onPick: (fdi) => this.takeTooth(fdi), onNumbering: (numbering) => this.renumber(numbering) });
    this.toothWord = el("span", { class: "faint" }, toothHint(tooth));
    const name = el("label", { class: "correction-name", for: id }, this.numbering === "fdi" ? "Tooth (FDI)" : "Tooth (Universal)");
    const chart = el("details", { class: "correction-chart", open: this.chartOpen, ontoggle: () => { this.chartOpen = chart.open; } }, el("summary", { "data-stay": "chart" }, "chart"), this.chart.element);
    return el("div", { class: "correction-part", "data-part": "tooth" }, name, el("span", { class: "correction-line" }, input, this.toothWord), chart);
  }

  typeTooth(text) {
    const fdi = text.trim() ? toothTyped(text, this.numbering) : null;
    if (text.trim() && !fdi) this.toothWord.textContent = "no such tooth";
    if (!text.trim() || isTooth(fdi)) this.takeTooth(fdi, { typed: true });
  }

  /** A tooth has a side: what was said of the side follows it. */
  takeTooth(fdi, { typed = false } = {}) {
    const laterality = fdi && this.fields.laterality ? sideOf(fdi) : this.fields.laterality;
    this.set({ tooth: fdi, laterality }, { redraw: laterality !== this.fields.laterality });
    if (!this.chart) return;
    if (typed) this.chart.value = fdi;
    const input = this.element.querySelector('[data-stay="tooth"]');
    if (!typed && input) input.value = fdi ? toothNumber(fdi, this.numbering) : "";
    this.toothWord.textContent = toothHint(fdi);
  }

  renumber(numbering) {
    this.numbering = numbering;
    this.onNumbering(numbering);
    this.redraw();
    this.chart?.again("numbering");
  }

  reasonPart() {
    const verdict = this.line.kind === "added" ? "added" : this.fields.there ? "corrected" : "rejected";
    const options = this.vocabulary.reasons.filter((reason) => reason.verdicts.includes(verdict));
    const id = `${this.name}-reason`;
    const select = el("select", { id, "data-stay": "reason", onchange: () => this.set({ reason_code: select.value }, { redraw: false }) },
      el("option", { value: "" }, "no reason given"), ...options.map(({ code, words }) => el("option", { value: code, selected: code === this.fields.reason_code }, words)));
    return el("div", { class: "correction-part", "data-part": "reason" }, el("label", { class: "correction-name", for: id }, this.fields.there ? "Reason" : "Why not"), select);
  }

  commentPart() {
    const id = `${this.name}-comment`;
    const area = el("textarea", { id, rows: "1", maxlength: LONGEST_COMMENT, "data-stay": "comment", oninput: () => this.set({ comment: area.value }, { redraw: false }) });
    area.value = this.fields.comment;
    return el("div", { class: "correction-part", "data-part": "comment" }, el("label", { class: "correction-name", for: id }, "Comment"), area);
  }

  summary() {
    this.summed = el("p", { class: "correction-summary", role: "status" });
    this.drawSummary();
    return this.summed;
  }

  drawSummary() {
    const words = this.fields.there ? diffWords(diffOf(this.line.finding, this.fields), this.numbering) : ["not there"];
    this.summed.textContent = words.length ? words.join(" · ") : "as the model said it";
    if (this.saveButton) this.saveButton.disabled = !this.saves();
  }

  buttons() {
    this.saveButton = el("button", { type: "submit", class: "button main", "data-stay": "save", disabled: !this.saves() }, this.fields.there ? "Save" : "Reject", el("span", {}, el("kbd", {}, "Ctrl"), el("kbd", {}, "Enter")));
    const removes = this.line.kind === "added" || this.line.review;
    const remove = el("button", { type: "button", class: "button", "data-stay": "remove", onclick: () => this.onRemove(this.line) }, this.line.kind === "added" ? "Delete it" : "Take it back");
    return el("div", { class: "correction-acts" }, this.saveButton, removes ? remove : null);
  }

  /** Whether there is something to send that the server takes: a correction differs from the finding. */
  saves() {
    if (!this.isTouched) return false;
    return !this.fields.there || this.line.kind === "added" || diffOf(this.line.finding, this.fields).length > 0;
  }

  submitted(event) {
    event.preventDefault();
    if (!this.saves()) return;
    const changed = changedFields(this.before, this.fields);
    if (!this.fields.there) this.onReject({ reason_code: this.fields.reason_code, comment: this.fields.comment }, this.line);
    else this.onSave(this.before.there ? changed : { ...changed, label: this.fields.label }, this.line);
  }

  /** Nothing that is pressed in here is a key of the page. */
  pressed(event) {
    event.stopPropagation();
    if (event.key === "Escape") this.close();
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.element.requestSubmit();
    else return;
    event.preventDefault();
  }

  /** Radio buttons in a row. options: [code, words, title]. */
  choices(part, name, options, chosen, take, about = "") {
    const group = `${this.name}-${part}`;
    const radios = options.map(([code, words, title]) => {
      const id = `${group}-${code || "none"}`;
      const input = el("input", { type: "radio", class: "visually-hidden", name: group, id, value: code, checked: code === chosen, "data-stay": id, "aria-label": title ? `${words}: ${title}` : null, onchange: () => take(code) });
      return el("span", { class: "correction-choice" }, input, el("label", { for: id, title: title ?? null }, words));
    });
    const legend = el("legend", { class: part === "presence" ? "visually-hidden" : "correction-name" }, name, about ? el("span", { class: "faint" }, ` ${about}`) : null);
    return el("fieldset", { class: "correction-part", "data-part": part }, legend, el("div", { class: "correction-choices" }, radios));
  }
}

function toothHint(fdi) {
  return fdi ? toothName(fdi) : "type its number, or click it";
}
