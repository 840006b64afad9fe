// Marks in a text: chosen by mouse or keys, said in a form, saved all at once. Without this the form saves by itself.
import { createTextAnnotator } from "@recogito/text-annotator";
import "@recogito/text-annotator/text-annotator.css";
import { combobox, suggestions } from "./lib/combobox.js";
import { Layer } from "./lib/layer.js";
import { Offsets } from "./lib/offsets.js";
import { Roles } from "./lib/roles.js";
import { show, walkWords } from "./lib/words.js";

const $ = (id) => document.getElementById(id);
const form = $("annotating");
const text = $("text");
const said = $("said").dataset;
const TOKEN = "geokg.token";

const shown = text.textContent;
const offsets = new Offsets(shown, JSON.parse(form.dataset.pairs));
const source = { source: form.dataset.source, slice: (start, end) => offsets.slice(start, end) };
const scheme = await (await fetch(form.dataset.scheme)).json();
const roles = new Roles($("roles"), scheme, said);
let layer = new Layer([], source);
let version = "";
let current = null; // the mark that the form shows: { id?, parts, ... }
let proposals = [];
const passed = new Set(); // those that were passed over
let isChanged = false;

// Telling

const fill = (words, values) => words.replace(/\{(\w+)\}/g, (_, name) => values[name]);

function tell(words, values = {}, isRefused = false) {
  const line = Object.assign(document.createElement("p"), { textContent: fill(words, values) });
  if (isRefused) line.className = "refused";
  $("told").replaceChildren(line);
}

const quoted = (parts) => parts.map(({ start, end }) => offsets.slice(start, end)).join(" … ");
const named = (id) => id.replace("#", "");
const isEvent = (label) => Boolean(scheme.labels[label]?.event);

// The text

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function style({ id }, state) {
  if (id.startsWith("proposal-"))
    return { fill: colour("--link"), fillOpacity: 0, underlineStyle: "dashed", underlineColor: colour("--soft"), underlineThickness: 2 };
  const label = layer.items.find((item) => item.id === id)?.body?.find(({ purpose }) => purpose === "classifying")?.value;
  const line = isEvent(label) ? "--claim" : label === "Evidence" ? "--line" : "--link";
  const isCurrent = state?.selected || id === current?.id;
  const strength = isCurrent ? 0.4 : label === "Evidence" ? 0.05 : 0.14;
  return { fill: colour(label ? line : "--focus"), fillOpacity: strength, underlineStyle: "solid", underlineColor: colour(line), underlineThickness: 2 };
}

const annotator = createTextAnnotator(text, { renderer: "SPANS", style, selectionMode: "shortest" });
const selectors = (parts) =>
  parts.map(({ start, end }) => ({ quote: offsets.slice(start, end), start: offsets.onPage(start), end: offsets.onPage(end) }));

function draw() {
  const marks = layer.marks;
  const all = [...marks, ...proposals.map((one) => ({ id: one.id, parts: [one] }))];
  if (current && !current.id) all.push({ id: "draft", parts: current.parts });
  annotator.setAnnotations(
    all.map(({ id, parts }) => ({ id, bodies: [], target: { annotation: id, selector: selectors(parts) } })),
    true,
  );
  annotator.state.store.recalculatePositions(); // those of many at once are not found by themselves
  annotator.renderer.redraw(true);
  drawRows(marks);
  for (const begin of form.querySelectorAll(".begin")) begin.hidden = marks.length > 0;
}

function drawRows(marks) {
  const rows = marks.map((mark) => {
    const cells = [mark.label, quoted(mark.parts), about(mark)].map((words) => {
      return Object.assign(document.createElement("td"), { textContent: words });
    });
    const change = Object.assign(document.createElement("button"), { type: "button", textContent: named(mark.id) });
    change.ariaLabel = fill(said.row, { id: named(mark.id) });
    change.addEventListener("click", () => open(mark, true));
    const head = Object.assign(document.createElement("th"), { scope: "row" });
    head.append(change);
    const row = document.createElement("tr");
    if (mark.id === current?.id) row.ariaCurrent = "true";
    row.append(head, ...cells);
    return row;
  });
  $("rows").querySelector("tbody").replaceChildren(...rows);
  $("rows").hidden = !rows.length;
  document.querySelector("#rows-title ~ .none").hidden = rows.length > 0;
}

function about({ attributes, roles: played, reference }) {
  const given = Object.entries(attributes).map(([name, value]) => (value === null ? name : `${name} ${value}`));
  return [...given, ...played.map(({ role, target }) => `${role} ${named(target)}`), reference].filter(Boolean).join(", ");
}

/** What is selected on the page, without white space at its ends; nothing where it is outside the text. */
function selected(range) {
  if (!range || range.collapsed || !text.contains(range.commonAncestorContainer)) return [];
  const before = document.createRange();
  before.setStart(text, 0);
  before.setEnd(range.startContainer, range.startOffset);
  const words = range.toString();
  const start = before.toString().length + (words.length - words.trimStart().length);
  if (!words.trim()) return [];
  return [{ start: offsets.inFile(start), end: offsets.inFile(start + words.trim().length, true) }];
}

annotator.on("createAnnotation", ({ target }) => {
  const parts = target.selector.flatMap(({ range }) => selected(range));
  // Once it is selected, which comes next; then the draft takes its place.
  if (parts.length) setTimeout(() => open({ parts, label: "", attributes: {}, reference: "", roles: [] }));
});
annotator.on("selectionChanged", ([chosen]) => {
  if (!chosen) return;
  if (chosen.id.startsWith("proposal-")) return $(chosen.id)?.focus();
  const mark = layer.marks.find(({ id }) => id === chosen.id);
  if (mark) open(mark);
});
walkWords(text, shown, () => {
  const parts = selected(getSelection().rangeCount ? getSelection().getRangeAt(0) : null);
  if (parts.length) open({ parts, label: "", attributes: {}, reference: "", roles: [] }, true);
});

// The form

function open(mark, isFocused = false) {
  current = mark;
  $("edit-title").textContent = mark.id ? fill(said.edit, { id: named(mark.id) }) : said.new;
  $("words").value = quoted(mark.parts);
  $("label").value = mark.label;
  $("reference").value = mark.reference;
  for (const field of attributes()) field.value = mark.attributes[field.dataset.name] ?? (field.dataset.name in mark.attributes ? "yes" : "");
  fit();
  $("edit").hidden = false;
  $("hint").hidden = true;
  $("delete").hidden = !mark.id;
  $("save").disabled = false;
  draw();
  if (isFocused) $("label").focus();
}

const attributes = () => [...form.querySelectorAll("[data-attribute] > :is(select, input)")];
for (const field of attributes()) field.dataset.name = field.parentElement.dataset.attribute;

/** Show what the class can have, and no more. */
function fit() {
  const label = $("label").value;
  $("meaning").textContent = scheme.labels[label]?.definition ?? "";
  for (const field of attributes()) field.parentElement.hidden = !field.parentElement.dataset.on.split(" ").includes(label);
  $("links").hidden = isEvent(label) || label === "Evidence";
  const others = layer.marks.filter(({ id }) => id !== current?.id);
  const options = others.map((one) => ({ ...one, words: quoted(one.parts), name: named(one.id) }));
  roles.show(label, current?.roles ?? [], options);
}

function close() {
  const isOpen = current !== null;
  current = null;
  for (const field of [$("words"), $("label"), $("reference"), ...attributes()]) field.value = "";
  fit();
  $("edit").hidden = true;
  $("save").disabled = !isChanged;
  $("hint").hidden = false;
  $("named").textContent = "";
  draw();
  if (isOpen) text.focus({ preventScroll: true });
}

function changed(words = said.changed, values = {}) {
  isChanged = true;
  $("save").disabled = false;
  $("undo").disabled = $("redo").disabled = true; // they are about what is saved
  tell(words, values);
}

function apply() {
  const label = $("label").value;
  if (!label) {
    tell(said.label, {}, true);
    return $("label").focus();
  }
  const reference = $("links").hidden ? "" : $("reference").value.trim();
  if (reference && !/^\S+:\S+$/.test(reference)) {
    tell(said.which, {}, true);
    return $("reference").focus();
  }
  const given = attributes().filter((field) => field.value.trim() && !field.parentElement.hidden);
  // What the form has no field for stays, such as a mark of a draft.
  const kept = Object.entries(current.attributes).filter(([name]) => !attributes().some(({ dataset }) => dataset.name === name));
  const values = given.map((field) => [field.dataset.name, "flag" in field.dataset ? null : field.value.trim()]);
  const mark = { ...current, label, reference, attributes: Object.fromEntries([...kept, ...values]), roles: roles.chosen };
  layer.put(mark, isEvent(label));
  close();
  changed();
}

$("label").addEventListener("change", fit);
$("apply").addEventListener("click", apply);
$("cancel").addEventListener("click", close);
$("delete").addEventListener("click", () => {
  layer.remove(current.id);
  close();
  changed();
});
form.noValidate = true;
form.addEventListener("submit", (event) => {
  if (event.submitter?.value === "copy") {
    if (!form.elements.token.reportValidity()) event.preventDefault();
    return; // the server does it, and shows the page again
  }
  event.preventDefault();
  if (current) apply();
});
// Of all that has a name, what a mention can be linked to.
const names = suggestions(form.dataset.names);
const isEntity = ({ iri }) => /^(entity|state)\//.test(iri.replace(form.dataset.base, ""));
combobox($("reference"), {
  suggest: async (letters, signal) => (await names(letters, signal)).filter(isEntity),
  choose: ({ iri, label }) => {
    $("reference").value = iri;
    $("named").textContent = label;
    $("reference").dispatchEvent(new Event("blur")); // closes the list
  },
  texts: form.dataset,
});
$("reference").after($($("reference").getAttribute("aria-controls")));

// The server

const headers = () => ({ Authorization: `Bearer ${$("token").value}`, "If-Match": version });

async function load() {
  const response = await fetch(form.dataset.annotations, { cache: "no-store" });
  version = response.headers.get("ETag");
  layer = new Layer((await response.json()).items, source);
  isChanged = false;
  await propose();
  close();
}

/** What the server proposes for what is saved, without what was passed over. */
async function propose() {
  const response = await fetch(form.dataset.proposals);
  const found = response.ok ? await response.json() : [];
  proposals = found.map((one) => ({ ...one, id: `proposal-${one.start}-${one.end}` })).filter(({ id }) => !passed.has(id));
  showProposals();
}

async function ask(address, options) {
  const response = await fetch(address, { ...options, headers: { ...headers(), ...options.headers } }).catch(() => null);
  if (!response) return tell(said.lost, {}, true);
  const told = await response.json().catch(() => ({}));
  if (response.status === 401) {
    tell(said.token, {}, true);
    return $("token").focus();
  }
  if (response.status === 412) return tell(said.meanwhile, {}, true);
  find(told.findings ?? [], told.notices ?? []);
  if (!response.ok) return tell(said.refused, { why: told.detail ?? response.statusText }, true);
  await load();
  $("undo").disabled = !told.undo;
  $("redo").disabled = !told.redo;
  tell(said.saved, { claims: told.claims, found: told.findings.length + told.notices.length });
}

function save() {
  if (current && !$("label").value) close(); // words that were selected, and no more
  if (current) apply();
  if (current || !isChanged) return;
  const body = JSON.stringify({ "@context": "http://www.w3.org/ns/anno.jsonld", type: "AnnotationPage", items: layer.items });
  return ask(form.dataset.annotations, { method: "PUT", body, headers: { "Content-Type": "application/ld+json" } });
}

function find(findings, notices) {
  const items = [...findings, ...notices].map(({ severity, message, start, end, words }) => {
    const item = Object.assign(document.createElement("li"), { className: severity ?? "" });
    if (severity) item.append(Object.assign(document.createElement("strong"), { textContent: said[severity] }), " ");
    item.append(message, " ");
    if (end > start) {
      const link = Object.assign(document.createElement("a"), { href: "#text", textContent: `“${words}”` });
      Object.assign(link.dataset, { start, end });
      item.append(link);
    }
    return item;
  });
  $("findings").hidden = false;
  $("findings").querySelector("ul").replaceChildren(...items);
  $("findings").querySelector(".none").hidden = items.length > 0;
}

$("findings").addEventListener("click", (event) => {
  const link = event.target.closest("a[data-start]");
  if (!link) return;
  event.preventDefault();
  const [start, end] = [link.dataset.start, link.dataset.end].map((place) => offsets.onPage(Number(place)));
  const node = [...text.childNodes].find(({ nodeType }) => nodeType === Node.TEXT_NODE);
  text.focus({ preventScroll: true });
  getSelection().setBaseAndExtent(node, start, node, end);
  show();
});

$("save").addEventListener("click", save);
for (const way of ["undo", "redo"]) {
  $(way).addEventListener("click", (event) => {
    event.preventDefault();
    ask(form.dataset.annotations.replace(/\.json(?=\?|$)/, `.json/${way}`), { method: "POST" });
  });
}
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    save();
  } else if (event.key === "Escape" && current && !event.defaultPrevented) close();
});
addEventListener("beforeunload", (event) => isChanged && event.preventDefault());

// Names that the graph knows

function showProposals() {
  const list = $("proposals").querySelector("ol");
  list.replaceChildren(
    ...proposals.map((one) => {
      const button = Object.assign(document.createElement("button"), { type: "button", id: one.id, title: one.reason });
      button.append(quoted([one]), " ", Object.assign(document.createElement("small"), { textContent: one.label }));
      const item = document.createElement("li");
      item.append(button);
      return item;
    }),
  );
  $("proposals").hidden = !proposals.length;
}

function settle(id, isAccepted) {
  const place = proposals.findIndex((one) => one.id === id);
  const [one] = proposals.splice(place, 1);
  const { label, reference, start, end } = one;
  if (isAccepted) layer.put({ label, reference, parts: [{ start, end }], attributes: {}, roles: [] }, false);
  showProposals();
  draw();
  const values = { words: quoted([one]) };
  if (isAccepted) changed(said.accepted, values);
  else {
    passed.add(id);
    tell(said.passed, values);
  }
  ($(proposals[Math.min(place, proposals.length - 1)]?.id ?? "") ?? text).focus();
}

$("proposals").addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (button) settle(button.id, true);
});
$("proposals").addEventListener("keydown", (event) => {
  if (event.key !== "Delete" || !event.target.id.startsWith("proposal-")) return;
  event.preventDefault();
  settle(event.target.id, false);
});

// Begin

document.body.classList.add("scripting");
$("token").value = sessionStorage.getItem(TOKEN) ?? "";
$("token").addEventListener("change", ({ target }) => sessionStorage.setItem(TOKEN, target.value));
$("words").readOnly = true;
for (const one of document.querySelectorAll(".scripted")) one.hidden = false;
$("keys").hidden = false;
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
await load();
form.dataset.ready = "";
