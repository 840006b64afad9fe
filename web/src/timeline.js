// Lets the axis of the timeline be looked at from closer by: with buttons, by dragging, or with the wheel and Ctrl.
import { scaleUtc } from "d3-scale";
import { select } from "d3-selection";
import { zoom, zoomIdentity } from "d3-zoom";

const figure = document.getElementById("timeline");

function start() {
  const whole = scaleUtc([new Date(figure.dataset.start), new Date(figure.dataset.end)], [0, 100]);
  const rects = [...figure.querySelectorAll("tbody rect")].map((rect) => ({
    rect,
    start: rect.dataset.start ? new Date(rect.dataset.start) : null,
    end: rect.dataset.end ? new Date(rect.dataset.end) : null,
  }));
  const [marks, years] = ["marks", "years"].map((id) => document.getElementById(id));
  const put = (name, attributes, text = "") => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
    made.textContent = text;
    return made;
  };
  const percent = (number) => `${Math.min(1e4, Math.max(-1e4, number)).toFixed(2)}%`;
  const language = document.documentElement.lang;
  const written = (format) => new Intl.DateTimeFormat(language, { timeZone: "UTC", ...format });
  const formats = [
    written({ hour: "2-digit", minute: "2-digit", day: "numeric", month: "short" }), written({ day: "numeric", month: "short", year: "numeric" }),
    written({ month: "short", year: "numeric" }), written({ year: "numeric" }),
  ];
  const day = 864e5;
  const named = (step) => formats[step < day ? 0 : step < 28 * day ? 1 : step < 360 * day ? 2 : 3];

  function show(scale) {
    for (const { rect, start: first, end } of rects) {
      const left = first ? scale(first) : 0;
      const right = end ? scale(end) : 100;
      rect.setAttribute("x", percent(left));
      rect.setAttribute("width", `${Math.max(0.5, Math.min(2e4, right - left)).toFixed(2)}%`);
      rect.toggleAttribute("hidden", right < 0 || left > 100);
    }
    const ticks = scale.ticks(Math.max(2, Math.min(8, Math.floor(figure.clientWidth / 130))));
    const format = named(ticks.length > 1 ? ticks[1] - ticks[0] : day);
    marks.replaceChildren(...ticks.map((at) => put("line", { x1: percent(scale(at)), x2: percent(scale(at)), y1: 0, y2: "100%" })));
    years.replaceChildren(...ticks.map((at) => put("text", { x: percent(scale(at)), dx: 4, y: 15 }, format.format(at))));
  }

  const table = select(figure.querySelector("table"));
  const width = () => figure.querySelector(".axis").clientWidth;
  const behaviour = zoom()
    .scaleExtent([1, 1e4])
    .filter((event) => event.target.closest("svg") !== null && !event.button && (event.type !== "wheel" || event.ctrlKey || event.metaKey))
    .extent(() => [[0, 0], [width(), 1]])
    .translateExtent([[0, -Infinity], [width(), Infinity]])
    .on("zoom", ({ transform }) => show(whole.copy().domain(transform.rescaleX(whole.copy().range([0, width()])).domain())));
  table.call(behaviour).on("dblclick.zoom", null);
  const does = {
    in: () => table.call(behaviour.scaleBy, 2),
    out: () => table.call(behaviour.scaleBy, 0.5),
    back: () => table.call(behaviour.translateBy, width() / 4 / table.property("__zoom").k, 0),
    on: () => table.call(behaviour.translateBy, -width() / 4 / table.property("__zoom").k, 0),
    all: () => table.call(behaviour.transform, zoomIdentity),
  };
  const tools = figure.querySelector(".tools");
  tools.hidden = false;
  tools.addEventListener("click", ({ target }) => does[target.dataset.does]?.());
}

if (figure?.dataset.start) start();
