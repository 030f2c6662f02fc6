// The drawing itself: boxes and arrows on a canvas, in the colours of the style sheet.

import cytoscape from "cytoscape";
import { type Box, layOut, type Point, type Size } from "./layout.ts";
import type { Graph, Node, Step } from "./model.ts";
import { FAMILY, FONT, LONGEST, makeStyle } from "./style.ts";
import type { Arrow, View } from "./view.ts";

const HEIGHT = 28;
/** Larger letters say no more. */
const LARGEST_ZOOM = 1.6;
/** With more arrows than this to a selected box, those from what everything needs stay hidden. */
const MOST_LIT = 60;

export class Sheet {
  readonly #cy: cytoscape.Core;
  readonly #pen: CanvasRenderingContext2D | null;
  #arrows: Arrow[] = [];
  #selected: Node | undefined;
  #causes: Step[][] = [];

  constructor(
    readonly graph: Graph,
    readonly view: View,
    container: HTMLElement,
    onPick: (node: Node | undefined) => void,
  ) {
    this.#pen = document.createElement("canvas").getContext("2d");
    this.#cy = cytoscape({
      container,
      style: makeStyle(),
      layout: { name: "preset" },
      minZoom: 0.05,
      maxZoom: 4,
      boxSelectionEnabled: false,
      autounselectify: true,
      autoungrabify: true,
    });
    this.#cy.on("tap", (event) => {
      const target = event.target as cytoscape.SingularElementArgument | cytoscape.Core;
      onPick(target === this.#cy ? undefined : this.#find((target as cytoscape.SingularElementArgument).id()));
    });
  }

  /** Draw what the view shows. */
  draw(): void {
    const visible = this.view.visible();
    this.#arrows = this.view.arrows(visible);
    const { boxes, corners } = layOut(visible, this.#arrows, this.view.unfolded, (node) => this.#measure(node));
    const nodes = visible.map((node) => ({
      data: { id: String(node.id), label: caption(node, this.#isOpen(node)), depth: node.ancestors.length, ...boxes.get(node) },
      position: { x: boxes.get(node)?.x ?? 0, y: boxes.get(node)?.y ?? 0 },
      classes: `${node.kind}${node.changed ? " changed" : ""}${this.#isOpen(node) ? " open" : ""}`,
    }));
    const lines = this.#arrows.map((arrow) => {
      const [start, end, around] = [boxes.get(arrow.to), boxes.get(arrow.from), corners.get(arrow)];
      const bends = start && end && around ? bend(start, end, around.points) : undefined;
      return {
        data: {
          id: `${arrow.to.id}-${arrow.from.id}`,
          source: String(arrow.to.id),
          target: String(arrow.from.id),
          weight: Math.min(3, 1 + Math.log2(arrow.count) / 4),
          ...bends,
        },
        classes: [start && end && around && direction(start, end, around.isDown), arrow.ways.has("reads") && "reads", arrow.isQuiet && "quiet", bends && "bent"].filter(Boolean).join(" "),
      };
    });
    this.#cy.batch(() => {
      this.#cy.elements().remove();
      this.#cy.add([...nodes, ...lines]);
    });
    this.mark(this.#selected, this.#causes);
  }

  /** Show which node is selected: it, its neighbours and the ways of its causes stand out, and its arrows are drawn. */
  mark(selected: Node | undefined, causes: Step[][] = []): void {
    [this.#selected, this.#causes] = [selected, causes];
    this.#cy.batch(() => {
      this.#cy.elements().removeClass("selected near faded lit");
      const at = selected && this.#elementOf(selected);
      if (!at) return;
      const inside = (node: Node): cytoscape.NodeCollection =>
        this.#cy.nodes().filter((one) => this.#find(one.id())?.isIn(node) ?? false);
      const content = inside(selected);
      const lines = content.edgesWith(this.#cy.nodes().difference(content));
      const near = lines.connectedNodes().difference(content);
      this.#cy.elements().addClass("faded");
      content.union(content.edgesWith(content)).union(lines).union(near).removeClass("faded");
      for (const one of [selected, ...near.map((far) => this.#find(far.id()))]) {
        for (const holder of one?.ancestors ?? []) this.#elementOf(holder)?.removeClass("faded");
      }
      near.addClass("near");
      for (const way of causes) this.#light(way);
      (lines.length > MOST_LIT ? lines.not(".quiet") : lines).addClass("lit");
      at.addClass("selected");
    });
  }

  /** Light the boxes and arrows of a way, as far as they are drawn: else what holds them. */
  #light(way: Step[]): void {
    const seen = way.map(({ node }) => [node, ...node.ancestors].find((one) => this.#elementOf(one)));
    seen.forEach((node, at) => {
      for (const one of node ? [node, ...node.ancestors] : []) this.#elementOf(one)?.removeClass("faded");
      const before = seen[at - 1];
      if (node && before) this.#cy.getElementById(`${before.id}-${node.id}`).removeClass("faded").addClass("lit");
    });
  }

  /** Show all, or as much as stays readable. */
  fit(): void {
    this.#cy.fit(undefined, 24);
    if (this.#cy.zoom() > LARGEST_ZOOM) this.#cy.zoom({ level: LARGEST_ZOOM, renderedPosition: this.#middle });
  }

  /** Move a node into the middle, unless it is in sight and large enough to read. */
  show(node: Node): void {
    const element = this.#elementOf(node);
    if (!element) return;
    const { x1, y1, x2, y2 } = element.renderedBoundingBox();
    const { width, height } = { width: this.#cy.width(), height: this.#cy.height() };
    const isSmall = this.#cy.zoom() < 0.6 && !this.#isOpen(node);
    if (x1 >= 0 && y1 >= 0 && x2 <= width && y2 <= height && !isSmall) return;
    if (x2 - x1 > width || y2 - y1 > height) this.#cy.fit(element, 24);
    else {
      if (isSmall) this.#cy.zoom(1);
      this.#cy.center(element);
    }
  }

  zoom(factor: number): void {
    this.#cy.zoom({ level: this.#cy.zoom() * factor, renderedPosition: this.#middle });
  }

  /** Keep a node where it is on the screen while something is drawn anew. */
  keepInPlace(node: Node, change: () => void): void {
    const before = this.#elementOf(node)?.renderedBoundingBox();
    change();
    const after = this.#elementOf(node)?.renderedBoundingBox();
    if (before && after) this.#cy.panBy({ x: before.x1 - after.x1, y: before.y1 - after.y1 });
  }

  /** The visible node that is nearest in a direction, from a node; the first domain, if there is none to start from. */
  nearest(from: Node | undefined, dx: number, dy: number): Node | undefined {
    const start = from && this.#elementOf(from);
    const visible = this.view.visible();
    if (!start) return visible.find((node) => node.kind === "domain") ?? visible[0];
    const origin = start.position();
    let best: { id: string; far: number } | undefined;
    this.#cy.nodes().forEach((one) => {
      if (one.same(start) || one.hasClass("open")) return;
      const [along, across] = [(one.position().x - origin.x) * dx + (one.position().y - origin.y) * dy, (one.position().x - origin.x) * dy + (one.position().y - origin.y) * dx];
      if (along <= 1) return;
      const far = along + 2 * Math.abs(across);
      if (!best || far < best.far) best = { id: one.id(), far };
    });
    return best && this.#find(best.id);
  }

  /** Take the colours of the style sheet anew. */
  restyle(): void {
    this.#cy.style(makeStyle());
    this.mark(this.#selected, this.#causes);
  }

  get #middle(): { x: number; y: number } {
    return { x: this.#cy.width() / 2, y: this.#cy.height() / 2 };
  }

  #find(id: string): Node | undefined {
    // An arrow's id is that of its ends: whoever clicks one wants to see where it leads.
    return this.graph.nodes[Number(id.split("-").at(-1))];
  }

  #elementOf(node: Node): cytoscape.NodeSingular | undefined {
    const found = this.#cy.getElementById(String(node.id));
    return found.nonempty() ? (found as unknown as cytoscape.NodeSingular) : undefined;
  }

  #isOpen(node: Node): boolean {
    return this.view.unfolded.has(node) && node.children.length > 0;
  }

  #measure(node: Node): Size {
    if (!this.#pen) return { width: LONGEST, height: HEIGHT };
    this.#pen.font = `600 ${FONT}px ${FAMILY}`;
    return { width: Math.min(LONGEST, Math.ceil(this.#pen.measureText(caption(node, false)).width)) + 24, height: HEIGHT };
  }
}

function caption(node: Node, isOpen: boolean): string {
  const fold = node.children.length ? (isOpen ? "▾ " : "▸ ") : "";
  const mark = node.changed ? `  ●${node.children.length ? ` ${node.changed}` : ""}` : "";
  return `${fold}${node.label}${mark}`;
}

/** Which way an arrow leads that clearly leads one way. */
function direction(start: Box, end: Box, isDown: boolean): string {
  if (isDown) return start.y + start.height / 2 < end.y - end.height / 2 ? "downward" : "";
  return start.x + start.width / 2 < end.x - end.width / 2 ? "onward" : "";
}

/** Say corners as Cytoscape wants them: how far along the straight line between both ends, and how far beside it. */
function bend(start: Point, end: Point, corners: Point[]): { along: string; beside: string } | undefined {
  const [dx, dy] = [end.x - start.x, end.y - start.y];
  const length = Math.hypot(dx, dy);
  if (!length) return undefined;
  const along = corners.map(({ x, y }) => ((x - start.x) * dx + (y - start.y) * dy) / length ** 2);
  const beside = corners.map(({ x, y }) => ((y - start.y) * dx - (x - start.x) * dy) / length);
  return { along: along.join(" "), beside: beside.join(" ") };
}
