// Places for boxes in boxes: each unfolded box is laid out by itself, and then counts as one box of that size.

import dagre from "@dagrejs/dagre";
import type { Node } from "./model.ts";
import type { Arrow } from "./view.ts";

export interface Box {
  /** The middle. */
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Point {
  x: number;
  y: number;
}

/** The places of boxes, and the corners of the arrows that go around others. */
export interface Places {
  boxes: Map<Node, Box>;
  corners: Map<Arrow, Corners>;
}

export interface Corners {
  points: Point[];
  /** Whether it leads from layer to layer downwards, rather than to the right. */
  isDown: boolean;
}

/** An arrow as it counts for one layout: between two of its boxes, in the direction in which it is drawn. */
interface Link {
  start: Node;
  end: Node;
  /** The arrow, if its ends are these two and not something in them. */
  exact: Arrow | undefined;
}

export interface Size {
  width: number;
  height: number;
}

/** Between the border of an unfolded box and its content; above it there is room for its name too. */
export const PADDING = 14;
export const HEADING = 20;
const GAP = 12;
const RANK_GAP = 44;
/** Layered drawings of more boxes are too large to see, and take too long. */
const MOST_LAYERED = 250;
/** Layers of more than so many boxes in all are broken into columns, rather than drawn higher than wide. */
const MANY = 24;
/** How wide the whole should be for its height, and how wide layers may be for theirs. */
const WIDE = 1.5;
const THIN = 3;

/** Return the places of all visible nodes. `sizeOf` measures a box that isn't unfolded. */
export function layOut(visible: Node[], arrows: Arrow[], unfolded: Set<Node>, sizeOf: (node: Node) => Size): Places {
  const hubs = new Set(arrows.filter((arrow) => arrow.isQuiet).flatMap(({ to }) => [to, ...to.ancestors]));
  const isOpen = (node: Node): boolean => unfolded.has(node) && inside.has(node);
  const inside = new Map<Node | undefined, Node[]>();
  for (const node of visible) inside.set(node.parent, [...(inside.get(node.parent) ?? []), node]);
  const between = groupByHolder(arrows);
  const places: Places = { boxes: new Map(), corners: new Map() };

  /** Lay out what a node holds, from (0, 0) on, and return its size. */
  function place(holder: Node | undefined): Size {
    const children = inside.get(holder) ?? [];
    const sizes = new Map<Node, Size>();
    for (const child of children) {
      const content = isOpen(child) ? place(child) : undefined;
      const own = sizeOf(child);
      sizes.set(
        child,
        content
          ? { width: Math.max(content.width, own.width) + 2 * PADDING, height: content.height + 2 * PADDING + HEADING }
          : own,
      );
    }
    return arrange(children, between.get(holder) ?? [], sizes, places, isOpen, hubs);
  }

  place(undefined);
  // From places in what holds a node to places on the whole sheet: a node stands after what holds it.
  for (const node of visible) {
    const box = places.boxes.get(node);
    if (box) move([box], node.parent, places.boxes);
  }
  for (const [arrow, { points }] of places.corners) move(points, arrow.from.parent, places.boxes);
  return places;
}

function move(points: Point[], holder: Node | undefined, boxes: Map<Node, Box>): void {
  const box = holder && boxes.get(holder);
  if (!box) return;
  for (const point of points) {
    point.x += box.x - box.width / 2 + PADDING;
    point.y += box.y - box.height / 2 + PADDING + HEADING;
  }
}

/** Return the arrows that count for the layout, by the node that holds both ends. */
function groupByHolder(arrows: Arrow[]): Map<Node | undefined, Link[]> {
  const grouped = new Map<Node | undefined, Link[]>();
  for (const arrow of arrows) {
    if (arrow.isQuiet) continue;
    const { from, to } = arrow;
    const holder = to.ancestors.find((one) => from.isIn(one));
    const [start, end] = [partOf(holder, to), partOf(holder, from)];
    const exact = start === to && end === from ? arrow : undefined;
    grouped.set(holder, [...(grouped.get(holder) ?? []), { start, end, exact }]);
  }
  return grouped;
}

/** The node that `holder` holds and that a node lies in or is. */
function partOf(holder: Node | undefined, node: Node): Node {
  return [node, ...node.ancestors].find((one) => one.parent === holder) ?? node;
}

/**
 * Place nodes that have arrows in layers, from what is needed to what needs it; the others in rows: what many need above, since
 * its arrows are drawn when asked for, and what nothing leads to below.
 */
function arrange(
  nodes: Node[],
  links: Link[],
  sizes: Map<Node, Size>,
  { boxes, corners }: Places,
  isOpen: (node: Node) => boolean,
  hubs: Set<Node>,
): Size {
  const linked = new Set(links.flatMap(({ start, end }) => [start, end]));
  const isLayered = linked.size > 0 && linked.size <= MOST_LAYERED;
  const layered = isLayered ? nodes.filter((node) => linked.has(node)) : [];
  const loose = isLayered ? nodes.filter((node) => !linked.has(node)) : nodes;
  const extent = layered.length ? layer(layered, links, sizes, { boxes, corners }, isOpen) : { width: 0, height: 0 };
  const above = layered.length ? loose.filter((node) => hubs.has(node)) : [];
  const below = loose.filter((node) => !above.includes(node));
  if (above.length) {
    const top = fillRows(above, sizes, boxes, { width: extent.width, height: 0 });
    const down = top.height + 3 * GAP;
    for (const box of layered.flatMap((node) => boxes.get(node) ?? [])) box.y += down;
    for (const { exact } of links) for (const corner of (exact && corners.get(exact)?.points) ?? []) corner.y += down;
    extent.width = Math.max(extent.width, top.width);
    extent.height += down;
  }
  return below.length ? fillRows(below, sizes, boxes, extent) : extent;
}

/** Place nodes in layers and return the size of the whole: from left to right, or downwards where that would be a long thin line. */
function layer(nodes: Node[], links: Link[], sizes: Map<Node, Size>, { boxes, corners }: Places, isOpen: (node: Node) => boolean): Size {
  let graph = runDagre(nodes, links, sizes, "LR");
  const { width: long = 0, height: thin = 0 } = graph.graph();
  const isDown = nodes.length <= MANY && long > THIN * thin;
  if (isDown) graph = runDagre(nodes, links, sizes, "TB");
  const layers = new Map<number, Node[]>();
  for (const node of nodes) {
    const { x, y, width, height } = graph.node(String(node.id)) as Box;
    boxes.set(node, { x, y, width, height });
    layers.set(x, [...(layers.get(x) ?? []), node]);
  }
  if (!isDown) {
    const columns = [...layers].sort(([one], [other]) => one - other).map(([, layer]) => layer);
    for (const column of columns) widen(column.filter((node) => !isOpen(node)), boxes);
    const extent = measure(nodes, boxes);
    if (nodes.length > MANY && extent.height > extent.width) return pack(columns, boxes, extent);
  }
  for (const { start, end, exact } of links) {
    const { points } = graph.edge(String(start.id), String(end.id)) as { points: Point[] };
    // The first and the last lie on the borders.
    if (exact) corners.set(exact, { points: points.slice(1, -1), isDown });
  }
  return measure(nodes, boxes);
}

function runDagre(nodes: Node[], links: Link[], sizes: Map<Node, Size>, rankdir: "LR" | "TB") {
  const graph = new dagre.graphlib.Graph();
  const ranksep = rankdir === "LR" ? RANK_GAP : RANK_GAP / 2;
  graph.setGraph({ rankdir, nodesep: GAP, ranksep, ranker: nodes.length > 80 ? "longest-path" : "network-simplex" });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of nodes) graph.setNode(String(node.id), { ...sizes.get(node) });
  for (const { start, end } of links) graph.setEdge(String(start.id), String(end.id));
  dagre.layout(graph);
  return graph;
}

/** Make boxes of one layer equally wide, so that no arrow on its way out crosses a wider one. */
function widen(column: Node[], boxes: Map<Node, Box>): void {
  const all = column.flatMap((node) => boxes.get(node) ?? []);
  const width = Math.max(...all.map((box) => box.width));
  for (const box of all) box.width = width;
}

/** Break layers that are too high into several columns, in the order that they have. */
function pack(layers: Node[][], boxes: Map<Node, Box>, extent: Size): Size {
  const count = layers.reduce((sum, layer) => sum + layer.length, 0);
  const area = extent.width * (extent.height / layers.length) * (count / Math.max(...layers.map((layer) => layer.length)));
  const height = Math.max(Math.sqrt(area / WIDE), ...layers.flat().map((node) => boxes.get(node)?.height ?? 0));
  let [x, total] = [0, 0];
  for (const nodes of layers) {
    const column: Box[] = [];
    let y = 0;
    const close = (gap: number): void => {
      const width = Math.max(0, ...column.map((box) => box.width));
      for (const box of column) box.x = x + width / 2;
      x += width + gap;
      [y, column.length] = [0, 0];
    };
    const sorted = nodes.flatMap((node) => boxes.get(node) ?? []).sort((one, other) => one.y - other.y);
    for (const box of sorted) {
      if (y > 0 && y + box.height > height) close(GAP);
      box.y = y + box.height / 2;
      y += box.height + GAP;
      total = Math.max(total, y - GAP);
      column.push(box);
    }
    close(RANK_GAP);
  }
  return { width: x - RANK_GAP, height: total };
}

function measure(nodes: Node[], boxes: Map<Node, Box>): Size {
  const all = nodes.flatMap((node) => boxes.get(node) ?? []);
  return {
    width: Math.max(0, ...all.map((box) => box.x + box.width / 2)),
    height: Math.max(0, ...all.map((box) => box.y + box.height / 2)),
  };
}

/** Place nodes in rows below what is there already, as wide as makes the whole a sheet, and return the size of all. */
function fillRows(nodes: Node[], sizes: Map<Node, Size>, boxes: Map<Node, Box>, above: Size): Size {
  const sizeOf = (node: Node): Size => sizes.get(node) ?? { width: 0, height: 0 };
  const area = nodes.reduce((sum, node) => sum + (sizeOf(node).width + GAP) * (sizeOf(node).height + GAP), 0);
  const widest = Math.max(...nodes.map((node) => sizeOf(node).width));
  const wide = Math.max(widest, above.width, Math.sqrt((area + above.width * above.height) * WIDE));
  let [x, y, rowHeight, width] = [0, above.height ? above.height + 2 * GAP : 0, 0, above.width];
  for (const node of nodes) {
    const size = sizeOf(node);
    if (x > 0 && x + size.width > wide) {
      y += rowHeight + GAP;
      x = rowHeight = 0;
    }
    boxes.set(node, { x: x + size.width / 2, y: y + size.height / 2, ...size });
    x += size.width + GAP;
    width = Math.max(width, x - GAP);
    rowHeight = Math.max(rowHeight, size.height);
  }
  return { width, height: y + rowHeight };
}
