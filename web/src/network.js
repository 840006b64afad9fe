// Draws the network that the page has as a table. Nothing moves by itself, and the same claims give the same drawing.
import cytoscape from "cytoscape";

const figure = document.getElementById("network");
const schemes = matchMedia("(prefers-color-scheme: dark)");

// cytoscape would put a <style> into the page, which its policy forbids, unless it finds one by this name.
const known = document.createElement("meta");
known.id = "__________cytoscape_stylesheet";
document.head.append(known);

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

// Writing stays readable where much is drawn: it grows as the drawing shrinks.
function look(scale = 1) {
  const [ink, soft, ground, warn, focus, fact] = ["ink", "soft", "ground", "warn", "focus", "fact"].map(colour);
  return [
    {
      selector: "node",
      style: {
        "background-color": ground, "border-color": ink, "border-width": 1.5, color: ink, shape: "hexagon",
        width: (node) => scale * node.data("size"), height: (node) => scale * node.data("size"), label: "data(label)",
        "font-size": 12 * scale, "font-family": "system-ui, sans-serif",
        "text-valign": "bottom", "text-margin-y": 4, "text-wrap": "wrap", "text-max-width": 120 * scale,
        "text-background-color": colour("panel"), "text-background-opacity": 0.85,
      },
    },
    { selector: "node[shape = 'state']", style: { shape: "rectangle" } },
    { selector: "node[shape = 'person']", style: { shape: "ellipse" } },
    { selector: "node[shape = 'voice']", style: { shape: "diamond" } },
    { selector: "node.centre", style: { "border-width": 4, "border-color": fact } },
    {
      selector: "edge",
      style: {
        "line-color": soft, "target-arrow-color": soft, width: (edge) => scale * edge.data("width"), "curve-style": "bezier",
        "control-point-step-size": 34, "target-arrow-shape": "triangle", label: "data(label)", "font-size": 10 * scale,
        "font-family": "system-ui, sans-serif", color: ink, "text-rotation": "autorotate", "min-zoomed-font-size": 7,
        "text-background-color": colour("panel"), "text-background-opacity": 0.85, "text-background-padding": 1,
      },
    },
    { selector: "edge[kind = 'together']", style: { "line-style": "dotted", "target-arrow-shape": "none" } },
    {
      selector: "edge[polarity = 'negative']",
      style: { "line-style": "dashed", "line-color": warn, "target-arrow-color": warn, color: warn },
    },
    { selector: "edge.picked, edge.pointed", style: { "line-color": focus, "target-arrow-color": focus, color: ink, "z-index": 9 } },
    { selector: "node.pointed", style: { "border-color": focus, "border-width": 3 } },
  ];
}

// Round the one with the most claims, or the one in the centre; then drawn apart, always from there.
function places(nodes, centre) {
  const order = [...nodes].sort((a, b) => (b.id === centre) - (a.id === centre) || b.claims - a.claims || (a.id < b.id ? -1 : 1));
  return Object.fromEntries(order.map(({ id }, place) => {
    const angle = place * 2.399963;  // the golden angle: nobody stands in line with anybody
    const distance = 70 * Math.sqrt(place);
    return [id, { x: distance * Math.cos(angle), y: distance * Math.sin(angle) }];
  }));
}

// Apart from each other as their claims pull them, one line for all between two.
function spread(graph) {
  const pairs = new Map();
  graph.edges().forEach((edge) => {
    const pair = [edge.data("source"), edge.data("target")].sort().join(" ");
    pairs.set(pair, pairs.get(pair) ?? edge);
  });
  let between = graph.nodes();
  pairs.forEach((edge) => { between = between.union(edge); });
  between.layout({
    name: "cose", animate: false, randomize: false, fit: false, nodeDimensionsIncludeLabels: true, idealEdgeLength: () => 170,
    nodeRepulsion: () => 400000, nodeOverlap: 40, gravity: 0.25, numIter: 1500,
  }).run();
  const box = graph.nodes().boundingBox();
  const wider = Math.min(2.2, Math.max(1, graph.width() / graph.height() / (box.w / box.h)));  // as wide as there is room
  graph.nodes().positions((node) => ({ x: wider * node.position("x"), y: node.position("y") }));
  graph.fit(undefined, 30);
}

function draw({ nodes, edges }) {
  const asked = new URLSearchParams(location.search);
  const centre = nodes.find(({ href }) => asked.get("actor") && new URL(href, location).searchParams.get("actor") === asked.get("actor"))?.id;
  const start = places(nodes, centre);
  const size = (claims) => 18 + 6 * Math.log2(1 + claims);
  const width = (claims) => 1.5 + Math.min(5, Math.log2(claims));
  const graph = cytoscape({
    container: figure.querySelector(".drawing"),
    elements: [
      ...nodes.map((node) => ({
        data: { ...node, size: size(node.claims) }, position: start[node.id], classes: node.id === centre ? "centre" : "",
      })),
      ...edges.map((edge) => ({
        data: { ...edge, width: width(edge.claims) },
        classes: figure.dataset.picked && new URL(edge.href, location).searchParams.get("edge") === figure.dataset.picked ? "picked" : "",
      })),
    ],
    style: look(),
    layout: { name: "preset" },
    userZoomingEnabled: false,  // the wheel scrolls the page
    boxSelectionEnabled: false,
    autounselectify: true,
    maxZoom: 3,
    minZoom: 0.1,
  });
  spread(graph);
  const scale = Math.min(2.5, Math.max(1, 0.9 / graph.zoom()));
  graph.style(look(scale));
  graph.fit(undefined, 30);
  graph.on("tap", "node, edge", ({ target }) => location.assign(target.data("href")));
  graph.on("mouseover", "node, edge", ({ target }) => {
    target.addClass("pointed");
    figure.dataset.pointed = target.group().slice(0, -1);
  });
  graph.on("mouseout", "node, edge", ({ target }) => {
    target.removeClass("pointed");
    delete figure.dataset.pointed;
  });
  schemes.addEventListener("change", () => graph.style(look(scale)));
  const middle = () => ({ x: graph.width() / 2, y: graph.height() / 2 });
  const does = {
    in: () => graph.zoom({ level: graph.zoom() * 1.3, renderedPosition: middle() }),
    out: () => graph.zoom({ level: graph.zoom() / 1.3, renderedPosition: middle() }),
    fit: () => graph.fit(undefined, 30),
  };
  figure.querySelector(".tools").addEventListener("click", ({ target }) => does[target.dataset.does]?.());
  figure.dataset.drawn = `${graph.nodes().length} ${graph.edges().length}`;
}

if (figure) {
  const response = await fetch(figure.dataset.source, { headers: { Accept: "application/json" } });
  if (response.ok) {
    figure.hidden = false;
    draw(await response.json());
  }
}
