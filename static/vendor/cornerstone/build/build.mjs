/* npm ci && npm run build: writes ../cornerstone.mjs and ../LICENSES.txt. The same input gives the same bytes.
 *
 * Four things of the packages are changed on the way, each because the portal forbids inline style, eval and workers from
 * elsewhere, or because nothing here can reach it:
 * 1. drawTextBox sets a style attribute, which the content security policy refuses: the properties are set one by one.
 * 2. The compute worker (segmentation, not used) is left out; asking for it is an error.
 * 3. Rules that sort DICOM instances are compiled with the DICOM dictionary at the start: there are none here.
 * 4. DICOM headers, XML readers, WebGPU and polygon clipping are left out: pixels and metadata come from our own server.
 */

import { createHash } from "node:crypto";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const LEFT_OUT = /^(dcmjs|xmlbuilder2|clipper2-ts|fs|path|crypto|module|events|url)$|WebGPU\/Profiles\//;
/* What the packages import by name from those. */
const NAMES = ["Clipper", "ClipType", "FillRule", "PolyTreeD", "constants", "create", "log"];
const NOTHING = `
const nothing = new Proxy(function () {}, {
  get: (target, name) => (name === Symbol.toPrimitive ? () => "" : name === "prototype" ? target.prototype : nothing),
  apply: () => nothing,
  construct: () => nothing,
});
export default nothing;
export { ${NAMES.map((name) => `nothing as ${name}`).join(", ")} };`;
const MIT = `Copyright (c) HOLDER

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the
"Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish,
distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to
the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY
CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE
SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;
const STYLE_ATTRIBUTE = "textElement.setAttribute('style', combinedStyle);";
const STYLE_PROPERTIES = "textElement.style.userSelect = 'none'; textElement.style.filter = `url(#shadow-${svgDrawingHelper.svgLayerElement.id})`;";

const leftOut = {
  name: "left-out",
  setup(bundle) {
    bundle.onResolve({ filter: LEFT_OUT }, ({ path }) => ({ path, namespace: "left-out" }));
    bundle.onLoad({ filter: /.*/, namespace: "left-out" }, () => ({ contents: NOTHING, loader: "js" }));
  },
};

async function changed(path, from, to) {
  const source = await readFile(path, "utf8");
  if (!source.includes(from)) throw new Error(`${path} no longer holds: ${from}`);
  return { contents: source.replace(from, () => to), loader: "js" };
}

const adapted = {
  name: "adapted",
  setup(bundle) {
    bundle.onLoad({ filter: /drawingSvg\/drawTextBox\.js$/ }, ({ path }) => changed(path, STYLE_ATTRIBUTE, STYLE_PROPERTIES));
    bundle.onLoad({ filter: /displayset\/compiledDisplaySetRules\.js$/ }, () => ({
      contents: "export const compiledDisplaySetRules = [], defaultDisplaySetSplitRules = [];",
      loader: "js",
    }));
    bundle.onLoad({ filter: /registerComputeWorker\.js$/ }, () => ({
      contents: "export function registerComputeWorker() { throw new Error('The compute worker is not part of this bundle.'); }",
      loader: "js",
    }));
  },
};

/** Cornerstone's packages say "MIT" in package.json and bring no file: the text of that licence, in the names of their authors. */
function stated(about) {
  if (about.license !== "MIT") throw new Error(`${about.name} brings no licence text.`);
  const holder = typeof about.author === "string" ? about.author : about.author?.name ?? about.name;
  return MIT.replace("HOLDER", holder || "Open Health Imaging Foundation");
}

async function licences(inputs) {
  const folders = new Set();
  for (const path of Object.keys(inputs)) {
    const found = path.match(/node_modules\/((@[^/]+\/)?[^/]+)\//);
    if (found) folders.add(found[1]);
  }
  const texts = [];
  for (const name of [...folders].sort()) {
    const folder = join(here, "node_modules", name);
    const about = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file ? (await readFile(join(folder, file), "utf8")).trim() : stated(about);
    texts.push(`${name} ${about.version} (${about.license})\n\n${text}\n`);
  }
  return texts.join(`\n${"=".repeat(80)}\n\n`);
}

const version = JSON.parse(await readFile(join(here, "package.json"), "utf8")).version;
const result = await build({
  absWorkingDir: here,
  entryPoints: ["entry.mjs"],
  outfile: "../cornerstone.mjs",
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
  plugins: [leftOut, adapted],
  banner: { js: `/* Cornerstone3D ${version} (core, tools), MIT, and what they need: see LICENSES.txt. Made by build/build.mjs. */` },
});
const bundle = await readFile(join(here, "../cornerstone.mjs"));
if (/new Function\(|new Worker\(|WebAssembly|[^.\w]eval\(/.test(bundle.toString())) throw new Error("The bundle holds code that the content security policy forbids.");
await writeFile(join(here, "../LICENSES.txt"), await licences(result.metafile.inputs));
console.log(`${bundle.length} bytes, SHA-256 ${createHash("sha256").update(bundle).digest("hex")}`);
