// The graph as the page has it: nodes in nodes, and edges from a dependent to its dependency. Nothing here knows of the screen.

/** What `list_content` of scope/render/graph_page.py writes; its docstring says what the numbers mean. */
export interface Content {
  tool: string;
  isImpact: boolean;
  kinds: string[];
  ways: string[];
  targets: string[];
  nodes: [name: string, kind: number, parent: number, changedFiles: number][];
  edges: number[];
  deployments: [node: number, target: number][];
}

export interface Edge {
  /** The dependent. */
  from: Node;
  /** The dependency. */
  to: Node;
  way: string;
}

/** One step of the way that a change takes: the node that it reaches, and how. */
export interface Step {
  node: Node;
  way: string;
}

/** Has asset2 before asset10. */
const COLLATOR = new Intl.Collator("en", { numeric: true });

export class Node {
  readonly children: Node[] = [];
  /** Edges to what it needs. */
  readonly needs: Edge[] = [];
  /** Edges from what needs it. */
  readonly neededBy: Edge[] = [];
  readonly targets = new Set<string>();
  parent: Node | undefined;
  /** Changed files in it, at any depth, and itself. */
  changed = 0;

  constructor(
    readonly id: number,
    readonly name: string,
    readonly kind: string,
    readonly changedFiles: number,
  ) {}

  /** The nodes that hold it, the nearest first. */
  get ancestors(): Node[] {
    const found: Node[] = [];
    for (let one = this.parent; one; one = one.parent) found.push(one);
    return found;
  }

  /** Whether it lies in a node, or is that node. */
  isIn(other: Node): boolean {
    for (let one: Node | undefined = this; one; one = one.parent) if (one === other) return true;
    return false;
  }

  /** What it holds, in the order in which people count; sorted when it is asked for, since most is never seen. */
  get sorted(): Node[] {
    return this.children.sort((one, other) => COLLATOR.compare(one.label, other.label) || one.id - other.id);
  }

  /** The outermost node that it lies in. */
  get top(): Node {
    return this.ancestors.at(-1) ?? this;
  }

  /** Its name as it is said inside of what holds it. */
  get label(): string {
    if (!this.parent || this.kind === "library" || this.parent.kind === "tooling") return this.name;
    if (["table", "source", "schema"].includes(this.kind)) return this.name.slice(this.name.lastIndexOf(".") + 1);
    const [root = "", ...parts] = this.name.split("/");
    if (this.parent.kind !== "source" && this.parent.kind !== "domain") return parts.at(-1) ?? root;
    const said = this.parent.name.split(".");
    const rest = parts.filter((part, at) => at === parts.length - 1 || !said.includes(part));
    return (rest.length > 1 ? rest : [root, ...rest]).join("/");
  }

  /** Itself and all that lies in it. */
  *inside(): Generator<Node> {
    yield this;
    for (const child of this.children) yield* child.inside();
  }
}

/** What a deployment is made of: its parts are its dependencies. A table is written by a part, and is none. */
function isPart(node: Node): boolean {
  return (node.parent?.kind === "domain" || node.parent?.kind === "removed" || node.parent?.kind === "source") && node.kind !== "table";
}

/** The nodes that a node depends on at once, each with how; for one that holds parts, also these. */
function* dependencies(node: Node, isExact: boolean): Generator<Step> {
  for (const { to, way } of node.needs) if (!isExact || !node.isIn(to)) yield { node: to, way };
  for (const child of node.children) if (isPart(child)) yield { node: child, way: "part-of" };
}

export class Graph {
  readonly nodes: Node[];
  readonly edges: Edge[] = [];
  readonly roots: Node[];
  readonly targets: string[];
  readonly isImpact: boolean;
  readonly tool: string;

  constructor(content: Content) {
    this.isImpact = content.isImpact;
    this.targets = content.targets;
    this.tool = content.tool;
    this.nodes = content.nodes.map(([name, kind, , changed], id) => new Node(id, name, content.kinds[kind] ?? "", changed));
    content.nodes.forEach(([, , parent], id) => {
      const [node, holder] = [this.nodes[id], this.nodes[parent]];
      if (node && holder) {
        node.parent = holder;
        holder.children.push(node);
      }
    });
    const { edges, ways } = content;
    for (let at = 0; at + 2 < edges.length; at += 3) {
      const [from, to] = [this.nodes[edges[at] ?? -1], this.nodes[edges[at + 1] ?? -1]];
      if (from && to) this.#connect(from, to, ways[edges[at + 2] ?? -1] ?? "");
    }
    for (const node of this.nodes) {
      if (node.changedFiles) for (const one of [node, ...node.ancestors]) one.changed += node.changedFiles;
    }
    for (const [node, target] of content.deployments) this.nodes[node]?.targets.add(content.targets[target] ?? "");
    this.roots = this.nodes.filter((node) => !node.parent);
  }

  get changed(): Node[] {
    return this.nodes.filter((node) => node.changedFiles > 0);
  }

  #connect(from: Node, to: Node, way: string): void {
    const edge = { from, to, way };
    this.edges.push(edge);
    from.needs.push(edge);
    to.neededBy.push(edge);
  }

  /**
   * For each changed node that reaches a node, the shortest way there: from the changed one to the node itself. Where no file is
   * known to write a table, its source counts as what does.
   */
  causes(goal: Node): Step[][] {
    const exact = this.#ways(goal, true);
    const known = new Set(exact.map(([first]) => first?.node));
    return [...exact, ...this.#ways(goal, false).filter(([first]) => !known.has(first?.node))];
  }

  #ways(goal: Node, isExact: boolean): Step[][] {
    const next = new Map<Node, Step | undefined>([[goal, undefined]]);
    const found: Step[][] = [];
    // A map goes on with what is added to it meanwhile: nearer nodes first.
    for (const node of next.keys()) {
      if (node.changedFiles) found.push(wayFrom(node, next));
      for (const { node: below, way } of dependencies(node, isExact)) if (!next.has(below)) next.set(below, { node, way });
    }
    return found;
  }

  /** The edges by which nodes outside of a node read tables in it. */
  readers(node: Node): Edge[] {
    const read = (edge: Edge) => edge.way === "reads" && !edge.from.isIn(node);
    return [...node.inside()].flatMap((one) => one.neededBy.filter(read));
  }

  /** Nodes whose name has all words of a text, the nearest to what was typed first. */
  search(text: string, limit: number): { found: Node[]; total: number } {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return { found: [], total: 0 };
    const hits = this.nodes.filter((node) => {
      const name = node.name.toLowerCase();
      return words.every((word) => name.includes(word));
    });
    const rank = (node: Node) => {
      const label = node.label.toLowerCase();
      const first = words[0] ?? "";
      return label === first ? 0 : node.name.toLowerCase() === text.toLowerCase() ? 1 : label.startsWith(first) ? 2 : 3;
    };
    const sorted = hits.map((node) => ({ node, rank: rank(node) })).sort((a, b) => a.rank - b.rank || a.node.id - b.node.id);
    return { found: sorted.slice(0, limit).map(({ node }) => node), total: hits.length };
  }
}

function wayFrom(changed: Node, next: Map<Node, Step | undefined>): Step[] {
  const steps: Step[] = [{ node: changed, way: "" }];
  for (let step = next.get(changed); step; step = next.get(step.node)) steps.push(step);
  return steps;
}
