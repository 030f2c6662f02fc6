// Joins the graph, the drawing and the panel, and turns clicks and keys into what they do.

import { Graph, type Content, type Node } from "./model.ts";
import { Panel } from "./panel.ts";
import { Sheet } from "./sheet.ts";
import { View } from "./view.ts";

const THEMES = ["auto", "light", "dark"];
/** More boxes than this aren't shown by one click. */
const MOST_UNFOLDED = 600;

function part<Kind extends HTMLElement>(id: string): Kind {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no element ${id}.`);
  return found as Kind;
}

const graph = new Graph(JSON.parse(part("graph").textContent ?? "") as Content);
const view = new View(graph);
const sheet = new Sheet(graph, view, part("sheet"), pick);
const panel = new Panel(graph, part("details"), part("results"), go, toggle);
const search = part<HTMLInputElement>("search");
let selected: Node | undefined;

function select(node: Node | undefined): void {
  selected = node;
  const causes = node && graph.isImpact ? graph.causes(node) : [];
  sheet.mark(node, causes);
  if (node) panel.describe(node, view.unfolded.has(node), causes);
  else panel.introduce();
  part("said").textContent = node ? `${node.name}, ${node.kind}${node.changed ? `, ${node.changed} changed` : ""}` : "Nothing selected";
}

function redraw(): void {
  sheet.draw();
  select(selected && view.isShown(selected) ? selected : undefined);
}

/** A click on the drawing: it selects, and unfolds what is folded. */
function pick(node: Node | undefined): void {
  select(node);
  if (node?.children.length && !view.unfolded.has(node)) toggle(node);
}

function toggle(node: Node): void {
  view.toggle(node);
  sheet.keepInPlace(node, redraw);
  select(node);
  sheet.show(node);
}

/** Unfold whatever holds a node, and select it. */
function go(node: Node): void {
  if (!view.isShown(node)) {
    part<HTMLSelectElement>("target").value = "";
    view.filter(undefined);
  }
  view.reveal(node);
  sheet.draw();
  select(node);
  sheet.show(node);
}

function unfold(nodes: Iterable<Node>): void {
  let count = view.visible().length;
  for (const node of new Set(nodes)) {
    count += view.unfolded.has(node) ? 0 : node.children.length;
    if (node.children.length && count <= MOST_UNFOLDED) view.unfolded.add(node);
  }
  redraw();
  sheet.fit();
}

function foldAll(): void {
  view.unfolded.clear();
  redraw();
  sheet.fit();
}

function setTheme(theme: string): void {
  document.documentElement.dataset["theme"] = theme;
  part("theme").textContent = `Theme: ${theme}`;
  sheet.restyle();
}

const KEYS: Record<string, () => void> = {
  "/": () => search.focus(),
  f: () => sheet.fit(),
  "+": () => sheet.zoom(1.25),
  "-": () => sheet.zoom(0.8),
  Escape: () => select(undefined),
  Enter: () => selected && toggle(selected),
  " ": () => selected && toggle(selected),
  ArrowLeft: () => step(-1, 0),
  ArrowRight: () => step(1, 0),
  ArrowUp: () => step(0, -1),
  ArrowDown: () => step(0, 1),
};

function step(dx: number, dy: number): void {
  const next = sheet.nearest(selected, dx, dy);
  if (!next) return;
  select(next);
  sheet.show(next);
}

document.addEventListener("keydown", (event) => {
  const at = event.target as HTMLElement;
  if (event.ctrlKey || event.metaKey || event.altKey || at.matches("input, select, textarea")) return;
  // A button has its own use for these.
  if (at.matches("button, summary") && (event.key === "Enter" || event.key === " ")) return;
  const act = KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});
search.addEventListener("input", () => panel.search(search.value));
search.addEventListener("keydown", (event) => {
  if (event.key === "Enter") {
    const first = panel.search(search.value);
    if (first) go(first);
    part("sheet").focus();
  } else if (event.key === "Escape") {
    search.value = "";
    panel.search("");
    part("sheet").focus();
  }
});
part("fit").addEventListener("click", () => sheet.fit());
part("fold").addEventListener("click", foldAll);
part("unfold-changed").addEventListener("click", () => unfold(graph.changed.flatMap((node) => node.ancestors.reverse())));
part("unfold").addEventListener("click", () => unfold(graph.nodes));
part("theme").addEventListener("click", () => {
  const now = document.documentElement.dataset["theme"] ?? "auto";
  setTheme(THEMES[(THEMES.indexOf(now) + 1) % THEMES.length] ?? "auto");
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => sheet.restyle());

const targets = part<HTMLSelectElement>("target");
for (const name of ["", ...graph.targets]) targets.append(new Option(name || "all targets", name));
targets.hidden = graph.targets.length < 2;
targets.addEventListener("change", () => {
  view.filter(targets.value || undefined);
  redraw();
  sheet.fit();
});
part<HTMLButtonElement>("unfold-changed").hidden = !graph.isImpact;
part<HTMLButtonElement>("unfold").disabled = graph.nodes.length > MOST_UNFOLDED;
part("tool").textContent = graph.tool;
redraw();
sheet.fit();
