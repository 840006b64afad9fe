// Draws the table of states as a map of the world.
import { geoNaturalEarth1, geoPath } from "d3-geo";
import { select } from "d3-selection";
import { zoom, zoomIdentity } from "d3-zoom";
import { feature } from "topojson-client";
import atlas from "world-atlas/countries-110m.json";
import points from "../made/small.json";

const [width, height] = [960, 490];
const figure = document.getElementById("map");

function rows() {
  return [...document.querySelectorAll("#states tbody tr")].map((row) => ({
    code: row.dataset.code, step: row.dataset.step, claims: Number(row.dataset.claims),
    name: row.querySelector("th").textContent.trim(), link: row.querySelector("td a"),
  }));
}

function draw() {
  const states = rows();
  const byCode = new Map(states.filter(({ code }) => code).map((state) => [state.code, state]));
  const projection = geoNaturalEarth1().fitExtent([[4, 4], [width - 4, height - 4]], { type: "Sphere" });
  const path = geoPath(projection);
  const shapes = feature(atlas, atlas.objects.countries).features;
  const drawn = new Set(shapes.map(({ id }) => id));
  const dots = states.filter(({ code }) => !drawn.has(code) && points[code]);
  const unplaced = states.filter(({ code }) => !drawn.has(code) && !points[code]);

  const svg = select(figure.querySelector(".drawing")).append("svg").attr("viewBox", `0 0 ${width} ${height}`);
  const world = svg.append("g");
  const said = (selection, title) => selection.append("title").text(title);
  const known = (selection) => selection.classed("known", true).on("click", (event, { link }) => link.click());
  said(
    world.selectAll("path").data(shapes).join("path").attr("class", "shape").attr("d", path),
    ({ id, properties }) => (id ? `${properties.name}: ${figure.dataset.none}` : properties.name),
  );
  const chosen = world.selectAll("path").filter(({ id }) => byCode.has(id)).datum(({ id }) => byCode.get(id));
  known(chosen).attr("class", ({ step }) => `shape known step-${step}`).select("title").text(({ name, claims }) => `${name}: ${claims}`);
  chosen.raise();
  const small = world.selectAll("circle").data(dots).join("circle").attr("class", ({ step }) => `shape step-${step}`)
    .attr("cx", ({ code }) => projection(points[code])[0]).attr("cy", ({ code }) => projection(points[code])[1]);
  said(known(small), ({ name, claims }) => `${name}: ${claims}`);

  // The number on each, at the middle of its largest part; where there is no room it is in the table.
  const largest = ({ geometry }) => geometry.type !== "MultiPolygon" ? geometry : geometry.coordinates
    .map((coordinates) => ({ type: "Polygon", coordinates })).reduce((a, b) => (path.area(a) > path.area(b) ? a : b));
  const middles = new Map(shapes.map((shape) => [shape.id, path.centroid(largest(shape))]));
  const numbers = world.selectAll("text").data(states.filter(({ code }) => middles.has(code) || points[code])).join("text")
    .text(({ claims }) => claims);
  const place = ({ code }) => middles.get(code) ?? projection(points[code]).map((at, axis) => (axis ? at - 9 : at));

  function scaled(k) {
    const pixel = width / (figure.clientWidth || width) / k;  // of the drawing
    small.attr("r", 5 * pixel);
    const taken = [];
    numbers.attr("font-size", 12 * pixel).attr("stroke-width", 3 * pixel)
      .attr("x", (state) => place(state)[0]).attr("y", (state) => place(state)[1])
      .attr("display", (state) => {
        const [x, y] = place(state);
        const isFree = taken.every(([left, top]) => Math.abs(x - left) > 24 * pixel || Math.abs(y - top) > 14 * pixel);
        if (isFree) taken.push([x, y]);
        return isFree ? null : "none";
      });
  }

  const behaviour = zoom().scaleExtent([1, 12]).translateExtent([[0, 0], [width, height]])
    .filter((event) => !event.button && (event.type !== "wheel" || event.ctrlKey || event.metaKey))
    .on("zoom", ({ transform }) => {
      world.attr("transform", transform);
      scaled(transform.k);
    });
  svg.call(behaviour).on("dblclick.zoom", null);
  const does = {
    in: () => svg.call(behaviour.scaleBy, 1.6),
    out: () => svg.call(behaviour.scaleBy, 1 / 1.6),
    all: () => svg.call(behaviour.transform, zoomIdentity),
  };
  figure.querySelector(".tools").addEventListener("click", ({ target }) => does[target.dataset.does]?.());
  if (unplaced.length) {
    figure.querySelector(".unplaced").textContent = figure.dataset.unplaced.replace("{}", unplaced.map(({ name }) => name).join(", "));
  }
  figure.hidden = false;
  scaled(1);
  addEventListener("resize", () => scaled(Number(svg.property("__zoom").k)));
}

if (figure) draw();
