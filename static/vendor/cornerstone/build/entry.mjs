/* What Second Reader's viewer takes of Cornerstone3D, and nothing else. */

export {
  Enums as CoreEnums,
  RenderingEngine,
  cache,
  canRenderFloatTextures,
  eventTarget,
  getShouldUseCPURendering,
  imageLoader,
  init as coreInit,
  metaData,
  setUseCPURendering,
  utilities as coreUtilities,
} from "@cornerstonejs/core";
export {
  AngleTool,
  Enums as ToolEnums,
  LengthTool,
  RectangleROITool,
  ToolGroupManager,
  addTool,
  annotation,
  init as toolsInit,
} from "@cornerstonejs/tools";
