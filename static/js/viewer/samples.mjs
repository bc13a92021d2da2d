/* Samples of frames from the server, unpacked, and the last ones kept as far as a bound of bytes allows. */

import { ApiError, errorOf } from "../api.mjs";

const MOST_BYTES = 384 * 1024 * 1024;
const SHARE_OF_MEMORY = 0.25;
const SLOW_BYTES_PER_SECOND = 20e6;
const MEASURED_FROM = 256 * 1024;
const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);
const BYTES = { u1: 1, u2: 2, rgb8: 3 };

export const samplesUrl = (instanceId, frame) => `/api/instances/${instanceId}/frames/${frame}/samples/`;
export const samplesKey = (instanceId, frame) => `${instanceId}:${frame}`;

const isHere = () => LOOPBACK.has(globalThis.location?.hostname);
const packsAtFirst = () => !isHere();
const addressOf = (instanceId, frame, packed) => `${samplesUrl(instanceId, frame)}${packed ? "?packed=1" : ""}`;

/** Requests that were sent before there was a viewer, each taken once. */
const begun = {
  byUrl: new Map(),
  take(url) {
    const response = this.byUrl.get(url);
    this.byUrl.delete(url);
    return response;
  },
};

/** Asks for the first film while the viewer is still being loaded; whoever shows it takes the answer. */
export function beginSamples(instanceId, frame) {
  const url = addressOf(instanceId, frame, packsAtFirst());
  const response = fetch(url, { credentials: "same-origin" });
  response.catch(() => {});
  begun.byUrl.set(url, response);
}

/** Pure: received bytes -> Uint8Array or Uint16Array, row by row. Packed bytes are differences from the left neighbour, plane by plane. */
export function unpacked(about, buffer) {
  const { rows, columns, type, packing } = about;
  const pixels = rows * columns;
  if (buffer.byteLength !== pixels * BYTES[type]) throw new ApiError(0, { code: "samples_incomplete", message: "The image did not arrive whole." });
  const bytes = new Uint8Array(buffer);
  if (packing !== "planes") return type === "u2" ? fromLittleEndian(buffer) : bytes;
  return type === "u2" ? joined(bytes, rows, columns) : summed(bytes, rows, columns, BYTES[type]);
}

function fromLittleEndian(buffer) {
  const samples = new Uint16Array(buffer);
  if (new Uint8Array(new Uint16Array([1]).buffer)[0] === 1) return samples;
  return samples.map((value) => ((value & 0xff) << 8) | (value >> 8));
}

function joined(bytes, rows, columns) {
  const pixels = rows * columns;
  const samples = new Uint16Array(pixels);
  for (let row = 0; row < rows; row += 1) {
    let value = 0;
    for (let at = row * columns; at < (row + 1) * columns; at += 1) {
      value = (value + bytes[at] + (bytes[pixels + at] << 8)) & 0xffff;
      samples[at] = value;
    }
  }
  return samples;
}

/** Planes of 8 bits -> interleaved. */
function summed(bytes, rows, columns, channels) {
  const samples = new Uint8Array(bytes.length);
  const pixels = rows * columns;
  for (let channel = 0; channel < channels; channel += 1) {
    for (let row = 0; row < rows; row += 1) {
      let value = 0;
      for (let column = 0; column < columns; column += 1) {
        const at = row * columns + column;
        value = (value + bytes[channel * pixels + at]) & 0xff;
        samples[at * channels + channel] = value;
      }
    }
  }
  return samples;
}

/** Pure: every step.x x step.y pixels as their mean: {data, rows, columns}. Blocks at the far edges are of the pixels that there are. */
export function reduced(data, rows, columns, channels, step) {
  const [lower, narrower] = [Math.ceil(rows / step.y), Math.ceil(columns / step.x)];
  const result = new data.constructor(lower * narrower * channels);
  const sums = new Uint32Array(narrower * channels);
  const add = channels === 1 ? addGreyRow : addColourRow;
  for (let row = 0; row < lower; row += 1) {
    const last = Math.min(rows, (row + 1) * step.y);
    sums.fill(0);
    for (let source = row * step.y; source < last; source += 1) add(sums, data, source * columns * channels, columns, step.x);
    writeMeans(result, row * sums.length, sums, { height: last - row * step.y, step: step.x, columns, channels });
  }
  return { data: result, rows: lower, columns: narrower };
}

function addGreyRow(sums, data, start, columns, step) {
  const whole = Math.floor(columns / step);
  let at = start;
  for (let column = 0; column < whole; column += 1) {
    let sum = 0;
    for (let part = 0; part < step; part += 1, at += 1) sum += data[at];
    sums[column] += sum;
  }
  for (; at < start + columns; at += 1) sums[whole] += data[at];
}

function addColourRow(sums, data, start, columns, step) {
  for (let column = 0; column < columns; column += 1) {
    const target = Math.floor(column / step) * 3;
    for (let channel = 0; channel < 3; channel += 1) sums[target + channel] += data[start + column * 3 + channel];
  }
}

/** Rounded; the last block of a row may be narrower. */
function writeMeans(result, start, sums, { height, step, columns, channels }) {
  const pixels = height * step;
  const whole = Math.floor(columns / step) * channels;
  for (let at = 0; at < whole; at += 1) result[start + at] = sums[at] / pixels + 0.5;
  const rest = height * (columns % step);
  for (let at = whole; at < sums.length; at += 1) result[start + at] = sums[at] / rest + 0.5;
}

/** The most bytes of samples that a page keeps. */
export function bound(deviceMemory = globalThis.navigator?.deviceMemory) {
  return deviceMemory ? Math.min(MOST_BYTES, deviceMemory * 2 ** 30 * SHARE_OF_MEMORY) : MOST_BYTES;
}

/** Values by key, each made once; the longest unused go when their bytes exceed the bound. The newest one always stays. */
export class Kept {
  constructor(bytes) {
    this.bound = bytes;
    this.bytes = 0;
    this.entries = new Map();
  }

  get(key, make) {
    const entry = this.entries.get(key) ?? this.add(key, make());
    this.entries.delete(key);
    this.entries.set(key, entry);
    return entry.asked;
  }

  has(key) {
    return this.entries.has(key);
  }

  add(key, asked) {
    const entry = { asked, bytes: 0 };
    asked.then(
      (value) => {
        if (this.entries.get(key) !== entry) return;
        entry.bytes = value.bytes;
        this.bytes += value.bytes;
        this.shrink();
      },
      () => this.entries.get(key) === entry && this.entries.delete(key),
    );
    return entry;
  }

  drop(key) {
    this.bytes -= this.entries.get(key)?.bytes ?? 0;
    this.entries.delete(key);
  }

  shrink() {
    for (const [key, entry] of this.entries) {
      if (this.bytes <= this.bound || this.entries.size === 1) return;
      if (entry.bytes) this.drop(key);
    }
  }
}

/** Frames as the viewer wants them: {about, data, rows, columns, channels, bytes}. */
export class Samples {
  constructor({ bytes = bound(), fetcher = (...given) => fetch(...given) } = {}) {
    this.kept = new Kept(bytes);
    this.fetcher = fetcher;
    this.speed = null;
  }

  get(instanceId, frame, { background = false } = {}) {
    return this.kept.get(samplesKey(instanceId, frame), () => this.fetched(instanceId, frame, background));
  }

  has(instanceId, frame) {
    return this.kept.has(samplesKey(instanceId, frame));
  }

  forget(instanceId) {
    for (const key of [...this.kept.entries.keys()]) if (key.startsWith(`${instanceId}:`)) this.kept.drop(key);
  }

  /** Compressed where the way is slower than compressing: never on this machine. */
  packs() {
    return this.speed === null ? packsAtFirst() : this.speed < SLOW_BYTES_PER_SECOND && !isHere();
  }

  async fetched(instanceId, frame, background) {
    const response = await this.ask(addressOf(instanceId, frame, this.packs()), background);
    const started = performance.now();
    const about = JSON.parse(response.headers.get("X-Samples"));
    const buffer = await response.arrayBuffer();
    const seconds = (performance.now() - started) / 1000;
    if (about.packing === "none" && buffer.byteLength > MEASURED_FROM && seconds > 0) this.speed = buffer.byteLength / seconds;
    const data = unpacked(about, buffer);
    return { about, data, rows: about.rows, columns: about.columns, channels: about.type === "rgb8" ? 3 : 1, bytes: data.byteLength };
  }

  async ask(url, background) {
    let response;
    try {
      response = await (begun.take(url) ?? this.fetcher(url, { credentials: "same-origin", headers: background ? { "X-Background": "1" } : {} }));
    } catch {
      throw new ApiError(0, { code: "offline", message: "The server cannot be reached. The image could not be loaded." });
    }
    if (!response.ok) throw await errorOf(response);
    return response;
  }
}
