/* The report of a read: the page prints itself. */
import { role } from "./dom.mjs";

role("print").addEventListener("click", () => window.print());
