/* Small, and run before the page's other modules are here: asks for the film that the study will open with. */

import { pageData } from "../dom.mjs";
import { beginSamples } from "../viewer/samples.mjs";

const { first } = pageData();
if (first) beginSamples(first.instance, first.frame);
