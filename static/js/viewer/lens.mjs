/* The magnifier: a round pane of its own that follows the pointer and shows the same film closer. */

import { el } from "../dom.mjs";
import { EMPTY_SCENE } from "./marks.mjs";
import { Pane } from "./pane.mjs";
import { fitScale, scaleOf, toFrame } from "./view.mjs";

const CLOSER = 2.5;
const SIDE = 220;

export class Lens {
  constructor(room, cs) {
    this.pane = new Pane("lens", { name: "lens", samples: null }, { label: "Magnified", stops: null });
    this.pane.element.removeAttribute("tabindex");
    this.holder = el("div", { class: "lens", "data-role": "magnifier", hidden: true }, this.pane.element);
    room.append(this.holder);
    this.cs = cs;
    this.room = room;
  }

  /** Over a point of a pane. */
  show(pane, point) {
    this.holder.hidden = false;
    this.pane.enable(this.cs);
    const place = pane.view.getBoundingClientRect();
    const room = this.room.getBoundingClientRect();
    this.holder.style.left = `${place.left - room.left + point.x - SIDE / 2}px`;
    this.holder.style.top = `${place.top - room.top + point.y - SIDE / 2}px`;
    this.pane.film = this.filmOf(pane, point);
    this.pane.draw();
  }

  filmOf(pane, point) {
    const { film } = pane;
    if (this.of !== film.imageId) {
      this.of = film.imageId;
      this.images = new Map();
    }
    const zoom = (CLOSER * scaleOf(film.view, film.frame, pane.size)) / fitScale(film.frame, this.pane.size, film.view.rotation);
    const view = { ...film.view, zoom, centre: toFrame(pane.matrix, point) };
    return Object.assign(Object.create(film), { name: "lens", scene: EMPTY_SCENE, images: this.images, view });
  }

  hide() {
    this.holder.hidden = true;
  }
}
