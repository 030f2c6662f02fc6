// What is said beside the drawing: the found nodes, or the selected node with its causes and readers. Text is only ever text.

import type { Edge, Graph, Node, Step } from "./model.ts";
import { edgesOut } from "./view.ts";

/** So many lines of a list are shown. */
const SHOWN = 40;
const SEARCHED = 50;

type Child = HTMLElement | string;

export function element(tag: string, className = "", ...children: Child[]): HTMLElement {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

export class Panel {
  constructor(
    readonly graph: Graph,
    readonly details: HTMLElement,
    readonly results: HTMLElement,
    readonly onGo: (node: Node) => void,
    readonly onToggle: (node: Node) => void,
  ) {}

  /** List what a text finds; return the first. */
  search(text: string): Node | undefined {
    const { found, total } = this.graph.search(text, SEARCHED);
    this.results.replaceChildren();
    this.results.hidden = !text.trim();
    if (this.results.hidden) return undefined;
    const count = total > found.length ? `${found.length} of ${total.toLocaleString("en")}` : String(total);
    this.results.append(
      element("p", "quiet", total ? `${count} found` : "Nothing has this in its name."),
      this.#list(found.map((node) => [this.#link(node)])),
    );
    return found[0];
  }

  /** Say all about a node; `causes` are the ways of changes to it. */
  describe(node: Node, isUnfolded: boolean, causes: Step[][]): void {
    const heading = element("h2", "", node.name);
    const facts = element("p", "facts", element("span", `kind ${node.kind}`, node.kind));
    if (node.changedFiles && !node.children.length) facts.append(element("span", "mark", "changed"));
    else if (node.changed) facts.append(element("span", "mark", `${node.changed.toLocaleString("en")} changed`));
    if (node.top !== node) facts.append(" in ", this.#link(node.top));
    this.details.replaceChildren(heading, facts);
    if (node.top.targets.size) {
      const does = this.graph.isImpact ? (node.top.kind === "removed" ? "Destroyed in" : "Deploys to") : "Deployed to";
      this.details.append(element("p", "targets", `${does} ${[...node.top.targets].join(", ")}`));
    }
    if (node.children.length) {
      const button = element("button", "", isUnfolded ? "Fold" : `Unfold (${node.children.length})`) as HTMLButtonElement;
      button.addEventListener("click", () => this.onToggle(node));
      this.details.append(button);
    }
    this.#section("Causes", causes.map((way) => this.#path(way)));
    this.#section("Readers", this.graph.readers(node).map((edge) => this.#reader(edge)));
    this.#section("Needs", this.#neighbours(node, "needs"));
    this.#section("Needed by", this.#neighbours(node, "neededBy"));
  }

  /** Say what there is, where nothing is selected. */
  introduce(): void {
    const number = (kinds: string[]): number => this.graph.nodes.filter((node) => kinds.includes(node.kind)).length;
    const one = (count: number, noun: string): string => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
    const files = number(["code", "resource", "spec", "shared", "model", "config"]);
    const changed = this.graph.changed.reduce((sum, node) => sum + node.changedFiles, 0);
    const what = this.graph.isImpact
      ? `What ${one(changed, "changed file")} ${changed === 1 ? "reaches" : "reach"}`
      : "The whole repository";
    const counts = [one(number(["domain", "removed"]), "domain"), one(files, "file"), one(number(["table"]), "table")];
    this.details.replaceChildren(
      element("h2", "", this.graph.nodes.length ? what : "Nothing deploys, so there is nothing to draw"),
      element("p", "", counts.join(", ")),
    );
    if (this.graph.isImpact) this.#section("Changed", this.graph.changed.map((node) => [this.#link(node)]));
    const kinds = [...new Set(this.graph.nodes.map((node) => node.kind))].sort();
    const legend = element("p", "legend");
    for (const kind of kinds) legend.append(element("span", `kind ${kind}`, kind), " ");
    this.details.append(element("h3", "", "Kinds"), legend);
  }

  #section(title: string, lines: Child[][]): void {
    if (!lines.length) return;
    this.details.append(element("h3", "", `${title} `, element("span", "quiet", lines.length.toLocaleString("en"))));
    this.details.append(this.#list(lines.slice(0, SHOWN)));
    if (lines.length > SHOWN) this.details.append(element("p", "quiet", `and ${(lines.length - SHOWN).toLocaleString("en")} more`));
  }

  #list(lines: Child[][]): HTMLElement {
    return element("ul", "", ...lines.map((parts) => element("li", "", ...parts)));
  }

  /** The way of a change, from the changed node on. */
  #path(way: Step[]): Child[] {
    return way.flatMap(({ node, way: how }, at): Child[] => [...(at ? [element("span", "quiet", ` → ${how} `)] : []), this.#link(node)]);
  }

  #reader(edge: Edge): Child[] {
    const who = edge.from.kind === "reader" ? [] : [this.#link(edge.from.top), element("span", "quiet", " in ")];
    return [...who, this.#link(edge.from), element("span", "quiet", " reads "), this.#link(edge.to)];
  }

  /** The nodes that a node is connected with, each with how; of one that holds others, those outside by what holds them. */
  #neighbours(node: Node, side: "needs" | "neededBy"): Child[][] {
    const found = new Map<Node, { ways: Set<string>; count: number }>();
    for (const edge of edgesOut(node, side)) {
      const far = side === "needs" ? edge.to : edge.from;
      const shown = node.children.length ? outermostBeside(far, node) : far;
      const entry = found.get(shown) ?? { ways: new Set(), count: 0 };
      entry.ways.add(edge.way);
      entry.count += 1;
      found.set(shown, entry);
    }
    return [...found].map(([other, { ways, count }]) => [
      this.#link(other),
      element("span", "quiet", ` ${[...ways].sort().join(", ")}${count > 1 ? ` ×${count}` : ""}`),
    ]);
  }

  #link(node: Node): HTMLElement {
    const link = element("a", node.changed ? "changed" : "", node.name) as HTMLAnchorElement;
    link.href = "#";
    link.title = node.kind;
    link.addEventListener("click", (event) => {
      event.preventDefault();
      this.onGo(node);
    });
    return link;
  }
}

/** The outermost node that holds `far` and not `node`. */
function outermostBeside(far: Node, node: Node): Node {
  return [...far.ancestors].reverse().find((one) => !node.isIn(one)) ?? far;
}
