// How boxes and arrows look, in the colours of page.css.

import type cytoscape from "cytoscape";
import { HEADING } from "./layout.ts";

export const FONT = 12;
/** The widest text of a box, in pixels. */
export const LONGEST = 230;
export const FAMILY = "system-ui, Segoe UI, Liberation Sans, DejaVu Sans, sans-serif";
/** The kinds that have a colour of their own in page.css. */
const KINDS = [
  "domain", "removed", "reader", "source", "table", "catalog", "schema", "library", "folder", "target", "tooling", "config",
  "shared", "model", "spec", "resource", "code",
]; // prettier-ignore

/** Return the style of the drawing, in the colours that are for light or for dark now. */
export function makeStyle(): cytoscape.StylesheetJson {
  // The canvas knows no variables: an element that is never shown says which colours they stand for now.
  const probe = document.body.appendChild(document.createElement("i"));
  probe.hidden = true;
  const color = (name: string): string => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const style = [
    {
      selector: "node",
      style: {
        label: "data(label)",
        shape: "round-rectangle",
        width: "data(width)",
        height: "data(height)",
        "font-family": FAMILY,
        "font-size": FONT,
        "font-weight": "normal",
        "text-valign": "center",
        "text-halign": "center",
        "text-wrap": "ellipsis",
        "text-max-width": `${LONGEST}px`,
        "min-zoomed-font-size": 4,
        color: color("text"),
        "background-color": color("code-fill"),
        "border-color": color("code"),
        "border-width": 1,
        "overlay-opacity": 0,
        "z-index-compare": "manual",
        "z-index": 200,
      },
    },
    ...KINDS.map((kind) => ({
      selector: `node.${kind}`,
      style: { "background-color": color(`${kind}-fill`), "border-color": color(kind) },
    })),
    { selector: "node.domain, node.removed, node.reader", style: { "font-weight": "bold" } },
    { selector: "node.reader", style: { "border-style": "dashed" } },
    { selector: "node.table", style: { shape: "barrel" } },
    {
      selector: "node.open",
      style: { "text-valign": "top", "text-margin-y": HEADING, "background-opacity": 0.35, "font-size": FONT + 2, "z-index": "data(depth)" },
    },
    { selector: "node.changed", style: { "border-color": color("changed"), "border-width": 2.5 } },
    { selector: "node.near", style: { "border-width": 2.5 } },
    { selector: "node.selected", style: { "border-width": 4, "border-color": color("accent") } },
    {
      selector: "edge",
      style: {
        width: "data(weight)",
        "curve-style": "bezier",
        "line-color": color("line"),
        "target-arrow-color": color("line"),
        "target-arrow-shape": "triangle",
        "arrow-scale": 0.8,
        "overlay-opacity": 0,
        "z-index-compare": "manual",
        "z-index": 100,
      },
    },
    { selector: "edge.bent.onward", style: { "source-endpoint": "90deg", "target-endpoint": "270deg" } },
    { selector: "edge.bent.downward", style: { "source-endpoint": "180deg", "target-endpoint": "0deg" } },
    {
      selector: "edge.bent",
      style: {
        "curve-style": "round-segments",
        "segment-weights": "data(along)",
        "segment-distances": "data(beside)",
        "segment-radii": "24",
        "edge-distances": "node-position",
      },
    },
    { selector: "edge.reads", style: { "line-style": "dashed", "line-dash-pattern": [5, 3] } },
    { selector: "edge.quiet", style: { display: "none" } },
    { selector: "edge.lit", style: { display: "element", "line-color": color("accent"), "target-arrow-color": color("accent"), "z-index": 150 } },
    { selector: "node.faded", style: { "text-opacity": 0.45, "background-opacity": 0.25, "border-opacity": 0.35 } },
    { selector: "edge.faded", style: { opacity: 0.15 } },
  ] as unknown as cytoscape.StylesheetJson;
  probe.remove();
  return style;
}
