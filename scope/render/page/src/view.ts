// What of the graph is on the screen: which nodes are unfolded, and the edges between what can be seen.

import type { Edge, Graph, Node } from "./model.ts";

/** With more dependents than this, a node's arrows hide the picture: they are drawn while one of its ends is selected. */
const MANY = 10;

export interface Arrow {
  from: Node;
  to: Node;
  ways: Set<string>;
  count: number;
  /** Whether it is one of so many that it is drawn only while one of its ends is selected. */
  isQuiet: boolean;
}

export class View {
  readonly unfolded = new Set<Node>();
  /** The target whose deployments are shown, or undefined for all. */
  target: string | undefined;
  #shown: Set<Node> | undefined;

  constructor(readonly graph: Graph) {}

  /** Show the deployments of one target and what they need, or everything. */
  filter(target: string | undefined): void {
    this.target = target;
    this.#shown = target === undefined ? undefined : this.#reachedFrom(target);
  }

  /** Whether a node belongs to what is shown, folded or not. */
  isShown(node: Node): boolean {
    return !this.#shown || this.#shown.has(node);
  }

  /** Unfold whatever holds a node, so that it can be seen. */
  reveal(node: Node): void {
    for (const one of node.ancestors) this.unfolded.add(one);
  }

  toggle(node: Node): void {
    if (this.unfolded.has(node)) this.unfolded.delete(node);
    else if (node.children.length) this.unfolded.add(node);
  }

  /** The nodes to draw, each after what holds it. */
  visible(): Node[] {
    const found: Node[] = [];
    const add = (node: Node): void => {
      if (!this.isShown(node)) return;
      found.push(node);
      if (this.unfolded.has(node)) node.sorted.forEach(add);
    };
    this.graph.roots.forEach(add);
    return found;
  }

  /** The arrows between these nodes: an end that is folded away is that of the node which holds it. */
  arrows(visible: Node[]): Arrow[] {
    const drawn = new Set(visible);
    const lifted: (Node | undefined)[] = [];
    const lift = (node: Node, seen: Node | undefined): void => {
      const end = drawn.has(node) ? node : seen;
      lifted[node.id] = this.isShown(node) ? end : undefined;
      for (const child of node.children) lift(child, end);
    };
    for (const root of this.graph.roots) lift(root, undefined);
    const found = new Map<number, Arrow>();
    for (const edge of this.graph.edges) {
      const [from, to] = [lifted[edge.from.id], lifted[edge.to.id]];
      if (!from || !to || from === to) continue;
      const key = from.id * this.graph.nodes.length + to.id;
      const known = found.get(key);
      if (known) {
        known.ways.add(edge.way);
        known.count += 1;
      } else if (!from.isIn(to) && !to.isIn(from)) {
        found.set(key, { from, to, ways: new Set([edge.way]), count: 1, isQuiet: false });
      }
    }
    const arrows = [...found.values()];
    const fans = new Map<Node, number>();
    for (const { to } of arrows) fans.set(to, (fans.get(to) ?? 0) + 1);
    for (const arrow of arrows) arrow.isQuiet = (fans.get(arrow.to) ?? 0) > MANY;
    return arrows;
  }

  #reachedFrom(target: string): Set<Node> {
    const reached = new Set<Node>();
    const others = new Set(this.graph.nodes.filter((node) => node.kind === "target" && node.name !== target));
    const starts = this.graph.roots.filter(
      (node) => node.targets.has(target) || node.kind === "reader" || (node.kind === "target" && node.name === target),
    );
    for (const start of starts) for (const node of start.inside()) reached.add(node);
    // Grows while it is walked: what is needed by what is shown is shown too, but no other domain because of that.
    for (const node of reached) {
      for (const holder of node.ancestors) reached.add(holder);
      for (const { to } of node.needs) if (isFor(to, target, others)) reached.add(to);
    }
    return reached;
  }
}

/** Whether a node that something of a target needs belongs to that target's picture. */
function isFor(node: Node, target: string, others: Set<Node>): boolean {
  const top = node.top;
  if (top.kind === "domain" || top.kind === "removed") return top.targets.has(target);
  return !others.has(top);
}

/** The edges of a node and of its content that lead elsewhere: to what it needs, or from what needs it. */
export function edgesOut(node: Node, side: "needs" | "neededBy"): Edge[] {
  const far = (edge: Edge): Node => (side === "needs" ? edge.to : edge.from);
  return [...node.inside()].flatMap((one) => one[side].filter((edge) => !far(edge).isIn(node) && !node.isIn(far(edge))));
}
