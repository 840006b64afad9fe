// The reader: what lies under the pointer or the focus is told beside it, claims light their words, and a link to any
// characters (RFC 5147) finds them. Offsets are code points of the text; numbers of claims and findings are no part of it.

const text = document.querySelector(".text");
const card = document.getElementById("card");
const place = document.getElementById("place");
const CLOSE_AFTER = 250; // milliseconds in which the pointer may go from the words to the card
const OPEN_AFTER = 120;

// Characters

const length = (string) => [...string].length;
const units = (string, points) => [...string].slice(0, points).join("").length;

/** The nodes of the text, each with the offset of its first character. */
const nodes = (() => {
  const found = [];
  const isText = (node) =>
    node.parentElement.closest("sup") ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT;
  const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT, isText);
  for (let start = 0; walker.nextNode(); ) {
    const end = start + length(walker.currentNode.data);
    found.push({ node: walker.currentNode, start, end });
    start = end;
  }
  return found;
})();
const whole = nodes.at(-1)?.end ?? 0;

/** The ranges of some characters, one for each node, as numbers of claims stand between them. */
function rangesOf(start, end) {
  const inside = nodes.filter((one) => one.start < end && one.end > start);
  const spots = inside.length ? inside : [nodes.find((one) => one.end >= start) ?? nodes.at(-1)];
  return spots.map((one) => {
    const range = document.createRange();
    range.setStart(one.node, units(one.node.data, Math.max(0, start - one.start)));
    range.setEnd(one.node, units(one.node.data, Math.max(0, end - one.start)));
    return range;
  });
}

/** Where lines begin, as offsets, and at last where the text ends. */
function lineStarts() {
  const content = nodes.map(({ node }) => node.data).join("");
  const found = [0];
  let read = 0;
  let offset = 0;
  for (const { index, 0: end } of content.matchAll(/\r\n|\n|\r/g)) {
    offset += length(content.slice(read, index + end.length));
    read = index + end.length;
    found.push(offset);
  }
  return [...found, whole];
}

/** What a fragment identifier of RFC 5147 names: a start and an end; nothing if it is none, or lies outside. */
function asked(fragment) {
  const found = /^(char|line)=(?:(\d+)(,)?(\d+)?|,(\d+))(?:;.*)?$/.exec(
    fragment.replace(/%3d/gi, "=").replace(/%2c/gi, ","),
  );
  if (!found || !nodes.length) return null;
  const [, scheme, first, comma, last, only] = found;
  const starts = scheme === "line" ? lineStarts() : null;
  const most = starts ? starts.length - 1 : whole;
  const start = Number(first ?? 0);
  const end = Math.min(Number(last ?? only ?? (comma ? most : start)), most);
  if (end < start) return null;
  return starts ? { start: starts[start], end: starts[end] } : { start, end };
}

function goToAsked() {
  const found = asked(location.hash.slice(1));
  CSS.highlights?.delete("asked");
  if (!found) return;
  const ranges = rangesOf(found.start, found.end);
  const [first, last] = [ranges[0], ranges.at(-1)];
  if (CSS.highlights) CSS.highlights.set("asked", new Highlight(...ranges));
  else getSelection().setBaseAndExtent(first.startContainer, first.startOffset, last.endContainer, last.endOffset);
  first.startContainer.parentElement.scrollIntoView({ block: "center", behavior: "instant" }); // it may not be laid out yet
  const { top, bottom } = first.getBoundingClientRect();
  if (top < 0 || bottom > innerHeight) scrollBy({ top: (top + bottom - innerHeight) / 2, behavior: "instant" });
}

addEventListener("hashchange", goToAsked);
goToAsked();

// The place of what is selected

function selected() {
  const selection = getSelection();
  if (selection.isCollapsed || !selection.rangeCount) return null;
  const range = selection.getRangeAt(0);
  const inside = nodes.filter(({ node }) => range.intersectsNode(node));
  if (!inside.length) return null;
  const [first, last] = [inside[0], inside.at(-1)];
  const at = ({ node, start }, container, offset, otherwise) =>
    node === container ? start + length(node.data.slice(0, offset)) : otherwise;
  return {
    start: at(first, range.startContainer, range.startOffset, first.start),
    end: at(last, range.endContainer, range.endOffset, last.end),
  };
}

let frame = 0;
document.addEventListener("selectionchange", () => {
  cancelAnimationFrame(frame);
  frame = requestAnimationFrame(() => {
    const found = selected();
    if (!found || found.start >= found.end) return place.replaceChildren();
    const line = lineStarts().findLastIndex((start) => start <= found.start && start < whole) + 1;
    const told = Object.entries({ line, ...found }).reduce((words, [name, n]) => words.replace(`{${name}}`, n), place.dataset.told);
    const link = document.createElement("a");
    link.href = `#char=${found.start},${found.end}`;
    link.textContent = place.dataset.link;
    place.replaceChildren(told, " ", link);
  });
});

// Claims and findings, and their words

const numbers = (element, name) => (element.dataset[name] ?? "").split(" ").filter(Boolean);
const claimsOf = (element) => [...numbers(element, "claims"), ...numbers(element, "claim")];
const findingsOf = (element) => [...numbers(element, "findings"), ...numbers(element, "finding")];

function light(claims, findings) {
  for (const one of document.querySelectorAll(".lit")) one.classList.remove("lit");
  const wanted = [
    ...claims.flatMap((n) => [`.text [data-claims~="${n}"]`, `#claim-${n}`]),
    ...findings.flatMap((n) => [`.text [data-findings~="${n}"]`, `#finding-${n}`]),
  ];
  if (wanted.length) for (const one of document.querySelectorAll(wanted.join())) one.classList.add("lit");
}

for (const list of document.querySelectorAll(".claims, .findings")) {
  const entry = (event) => event.target.closest("[data-claim], [data-finding]");
  const lit = (event) => {
    const found = entry(event);
    if (found) light(claimsOf(found), findingsOf(found));
  };
  list.addEventListener("pointerover", lit);
  list.addEventListener("focusin", lit);
  list.addEventListener("pointerleave", () => light([], []));
  list.addEventListener("focusout", () => light([], []));
}

// The card

const pages = new Map();

/** What the list says of a claim; of one on another page of the list, what that page says. */
async function told(number) {
  const here = document.getElementById(`claim-${number}`);
  if (here) return here;
  const address = new URL(location.href);
  address.hash = "";
  address.searchParams.set("page", Math.ceil(number / Number(card.dataset.size)));
  if (!pages.has(address.href)) pages.set(address.href, fetch(address, { headers: { Accept: "text/html" } }).then((page) => page.text()));
  const parsed = new DOMParser().parseFromString(await pages.get(address.href), "text/html");
  return parsed.getElementById(`claim-${number}`);
}

function copy(entry) {
  const made = document.createElement("div");
  made.className = entry.className;
  made.classList.remove("lit");
  made.append(...[...entry.querySelectorAll(":scope > p:not(.places), :scope > .forces")].map((part) => part.cloneNode(true)));
  return made;
}

let timer = 0;
let shown = null; // the element that the card is about
let isPinned = false;

function close() {
  clearTimeout(timer);
  shown?.removeAttribute("aria-describedby");
  shown = null;
  isPinned = false;
  card.hidden = true;
  light([], []);
}

async function open(element) {
  clearTimeout(timer);
  if (shown === element) return;
  close();
  shown = element;
  const [claims, findings] = [claimsOf(element), findingsOf(element)];
  light(claims, findings);
  const found = [...findings.map((n) => document.getElementById(`finding-${n}`)), ...(await Promise.all(claims.map(told)))];
  if (shown !== element) return;
  card.replaceChildren(...found.filter(Boolean).map(copy));
  card.hidden = false;
  if (element.matches("a")) element.setAttribute("aria-describedby", "card");
  put();
}

/** The card stands below the words, or above them where it has more room there; it is never higher than that room. */
function put() {
  if (!shown || card.hidden) return;
  const { left, top, bottom } = shown.getClientRects()[0];
  card.style.maxHeight = "";
  const { width, height } = card.getBoundingClientRect();
  const [above, below] = [top - 14, innerHeight - bottom - 14];
  const isBelow = height <= below || below >= above;
  card.style.maxHeight = `${Math.min(height, isBelow ? below : above)}px`;
  card.style.left = `${Math.max(8, Math.min(left, document.documentElement.clientWidth - width - 8))}px`;
  card.style.top = `${isBelow ? bottom + 6 : top - 6 - Math.min(height, above)}px`;
}

const later = (work, after) => {
  clearTimeout(timer);
  timer = setTimeout(work, after);
};
const pointed = (event) => event.target.closest?.("mark[data-claims], mark[data-findings], sup a");

text.addEventListener("pointerover", (event) => {
  const found = pointed(event);
  if (event.pointerType !== "touch" && found && !isPinned) later(() => open(found), OPEN_AFTER);
});
text.addEventListener("pointerout", () => isPinned || later(close, CLOSE_AFTER));
card.addEventListener("pointerenter", () => clearTimeout(timer));
card.addEventListener("pointerleave", () => isPinned || later(close, CLOSE_AFTER));
text.addEventListener("focusin", (event) => {
  const found = pointed(event);
  if (found) open(found);
});
text.addEventListener("focusout", (event) => {
  if (!card.contains(event.relatedTarget)) close();
});
document.addEventListener("click", async (event) => {
  if (card.contains(event.target)) return;
  const found = text.contains(event.target) && !event.target.closest("a") && getSelection().isCollapsed ? pointed(event) : null;
  if (!found) return isPinned && close();
  await open(found);
  isPinned = true;
});
document.addEventListener("keydown", ({ key }) => key === "Escape" && !card.hidden && close());
addEventListener("scroll", put, { passive: true });
addEventListener("resize", put);

// Findings stand beside their words where there is a margin

const margin = document.querySelector(".findings ol");
const wide = matchMedia("(min-width: 64rem)");

function align() {
  const entries = [...margin.children];
  for (const entry of entries) entry.style.marginTop = "";
  if (!wide.matches) return;
  for (const entry of entries) {
    const flag = text.querySelector(`[data-findings~="${entry.dataset.finding}"], .flag[data-finding="${entry.dataset.finding}"]`);
    const below = flag ? flag.getBoundingClientRect().top - entry.getBoundingClientRect().top : 0;
    if (below > 0) entry.style.marginTop = `${below}px`;
  }
}

if (margin) {
  new ResizeObserver(align).observe(text.parentElement);
  wide.addEventListener("change", align);
}
