/* Cornerstone3D, started once: which renderer, our image loader, our metadata. World coordinates are pixels of the stored frame (corner
 * convention) times the shape of one pixel: frames of square pixels have the same numbers in both. */

const SCHEME = "samples";
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

const shown = new Map();
let started = null;

/** The bundle, its renderer ("webgl" or "cpu") and engine; the same promise for everybody. wanted: forces a renderer, for tests. */
export function cornerstone(wanted = null) {
  started ??= start(wanted);
  return started;
}

async function start(wanted) {
  const bundle = await import("../../vendor/cornerstone/cornerstone.mjs");
  const renderer = wanted ?? chosenRenderer();
  bundle.coreInit({ rendering: { useCPURendering: renderer === "cpu", webGlContextCount: 1 } });
  if (renderer === "cpu") bundle.setUseCPURendering(true, false);
  bundle.toolsInit();
  bundle.metaData.addProvider(metadata, 10_000);
  bundle.imageLoader.registerImageLoader(SCHEME, (imageId) => ({ promise: Promise.resolve(shown.get(imageId).image) }));
  return { ...bundle, renderer, engine: new bundle.RenderingEngine("second-reader") };
}

/** WebGL where a graphics processor draws it exactly: 16 bits need 32-bit textures that are filtered. A software rasteriser is slower
 *  than Cornerstone's own processor path, and no more exact. */
export function chosenRenderer(make = () => document.createElement("canvas")) {
  const context = make().getContext("webgl2");
  if (!context) return "cpu";
  const about = context.getExtension("WEBGL_debug_renderer_info");
  const name = String(context.getParameter(about ? about.UNMASKED_RENDERER_WEBGL : context.RENDERER));
  const exact = context.getExtension("OES_texture_float_linear") !== null;
  context.getExtension("WEBGL_lose_context")?.loseContext();
  return exact && !SOFTWARE.test(name) ? "webgl" : "cpu";
}

/** Announces what an image id stands for, before a viewport is told to show it. */
export function announce(imageId, image, { renderer, frameOfReference }) {
  shown.set(imageId, { image, plane: plane(image, { renderer, frameOfReference }) });
}

export function forgetImages(keep) {
  for (const imageId of [...shown.keys()]) if (!keep(imageId)) shown.delete(imageId);
}

/** Cornerstone's WebGL path puts the centre of the first pixel at the image position, its processor path the corner. */
function plane(image, { renderer, frameOfReference }) {
  const { rowPixelSpacing, columnPixelSpacing } = image;
  const share = renderer === "webgl" ? 0.5 : 0;
  return {
    frameOfReferenceUID: frameOfReference,
    rows: image.rows,
    columns: image.columns,
    imagePositionPatient: [columnPixelSpacing * share, rowPixelSpacing * share, 0],
    imageOrientationPatient: [1, 0, 0, 0, 1, 0],
    rowCosines: [1, 0, 0],
    columnCosines: [0, 1, 0],
    rowPixelSpacing,
    columnPixelSpacing,
    usingDefaultValues: false,
  };
}

function metadata(type, imageId) {
  const known = typeof imageId === "string" ? shown.get(imageId) : undefined;
  if (!known) return undefined;
  if (type === "imagePlaneModule") return known.plane;
  if (type === "generalSeriesModule") return { modality: "OT" };
  if (type !== "imagePixelModule") return undefined;
  const { color: colour, bits } = known.image;
  return {
    bitsAllocated: bits,
    bitsStored: bits,
    highBit: bits - 1,
    pixelRepresentation: 0,
    samplesPerPixel: colour ? 3 : 1,
    photometricInterpretation: colour ? "RGB" : "MONOCHROME2",
  };
}

/** What Cornerstone calls an image: samples as they are, so that the window alone decides what they look like. step, pixel: how many pixels
 *  of the frame one of its own stands for, and their shape, each {x, y}. */
export function imageOf(bundle, imageId, { data, rows, columns, channels }, { step, pixel }) {
  const top = data instanceof Uint8Array ? 255 : 65_535;
  const voxelManager = bundle.coreUtilities.VoxelManager.createImageVoxelManager({ width: columns, height: rows, scalarData: data, numberOfComponents: channels });
  return {
    imageId,
    rows,
    columns,
    width: columns,
    height: rows,
    bits: data.BYTES_PER_ELEMENT * 8,
    color: channels === 3,
    rgba: false,
    numberOfComponents: channels,
    slope: 1,
    intercept: 0,
    minPixelValue: 0,
    maxPixelValue: top,
    windowCenter: (top + 1) / 2,
    windowWidth: top + 1,
    voiLUTFunction: "LINEAR",
    invert: false,
    rowPixelSpacing: step.y * pixel.y,
    columnPixelSpacing: step.x * pixel.x,
    sizeInBytes: data.byteLength,
    dataType: data.constructor.name,
    photometricInterpretation: channels === 3 ? "RGB" : "MONOCHROME2",
    imageFrame: { photometricInterpretation: channels === 3 ? "RGB" : "MONOCHROME2" },
    voxelManager,
    getPixelData: () => voxelManager.getScalarData(),
  };
}
