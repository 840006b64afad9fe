// The editor of the page to ask on. The answer is the server's own, so that it is the same with and without this script.
import Yasgui from "@zazuko/yasgui";
import "@zazuko/yasgui/build/yasgui.min.css";

const MOST = 60; // as many terms are offered at once

const section = document.getElementById("editor");
const answer = document.getElementById("answer");
const told = document.getElementById("told");
const leave = document.getElementById("leave");
const { endpoint, terms: where, label, another, asking, failed, answered, title } = section.dataset;
const form = section.querySelector("form");
const asked = new URLSearchParams(location.search).get("query");
const { prefixes, terms } = await (await fetch(where)).json();

/** Shows what the server answers: the part of its page that holds the answer, or the problem. */
class Answer {
  priority = 10;
  hideFromSelection = true;

  constructor(yasr) {
    this.yasr = yasr;
  }

  canHandleResults() {
    return Boolean(this.yasr.results);
  }

  getIcon() {}

  draw() {
    const { results } = this.yasr;
    const text = results.hasError() ? results.getError().text : results.getOriginalResponseAsString();
    const page = new DOMParser().parseFromString(text, "text/html");
    const found = page.getElementById("answer") ?? page.getElementById("problem");
    answer.replaceChildren(...(found ? document.importNode(found, true).childNodes : [failed]));
    told.textContent = found ? answered : failed;
  }
}

Yasgui.Yasr.registerPlugin("answer", Answer);
for (const name of Object.keys(Yasgui.Yasr.defaults.plugins)) {
  if (name !== "answer") delete Yasgui.Yasr.defaults.plugins[name];
}

/** Terms whose name or label holds what was typed; those that begin with it come first. */
function completions(yasqe, token) {
  const typed = token.string.trim().toLowerCase();
  const name = typed.slice(typed.indexOf(":") + 1);
  const isAt = (text) => text.toLowerCase().startsWith(name);
  const found = terms.filter(({ term, label }) => [term, label].some((text) => text.toLowerCase().includes(typed)));
  const isFirst = ({ term, label }) => isAt(term.slice(term.indexOf(":") + 1)) || isAt(label);
  return [...found.filter(isFirst), ...found.filter((one) => !isFirst(one))].slice(0, MOST).map(({ term }) => term);
}

const byTerm = new Map(terms.map((one) => [one.term, one]));
Yasgui.Yasqe.registerAutocompleter({
  name: "geokg",
  bulk: false,
  autoShow: true,
  isValidCompletionPosition(yasqe) {
    const { string, type } = yasqe.getCompleteToken();
    return /^[\w-]*:?[\w-]+$/.test(string) && type !== "keyword" && string.length > 1;
  },
  get: completions,
  postprocessHints: (yasqe, hints) =>
    hints.map((hint) => {
      const { kind, label, meaning } = byTerm.get(hint.text);
      const render = (element) => {
        const more = document.createElement("small");
        more.textContent = ` ${label} (${kind})`;
        element.append(hint.text, more);
        element.title = meaning;
      };
      return { ...hint, displayText: undefined, render };
    }),
});

const host = document.createElement("div");
host.id = "yasgui";
form.before(host);

/** Marks the first line that is no SPARQL. The editor's own mark has a style of its own in it, which our pages refuse. */
function check(yasqe) {
  yasqe.clearGutter("gutterErrorBar");
  yasqe.queryValid = true;
  for (let line = 0; line < yasqe.lineCount(); line++) {
    const { state } = yasqe.getTokenAt({ line, ch: yasqe.getLine(line).length }, true);
    yasqe.setOption("queryType", state.queryType);
    if (state.OK) continue;
    const mark = document.createElement("span");
    mark.className = "mistake";
    mark.textContent = "!";
    mark.title = state.errorMsg ?? (state.possibleCurrent ?? []).join(" ");
    yasqe.setGutterMarker(line, "gutterErrorBar", mark);
    yasqe.queryValid = false;
    return;
  }
}

/** The language knows our prefixes without a declaration; and whoever cannot see the editor is told what it is. */
function furnish(tab) {
  const yasqe = tab?.getYasqe();
  if (!yasqe || yasqe.isOurs) return;
  yasqe.isOurs = true;
  const mode = yasqe.getDoc().getMode();
  const start = mode.startState;
  mode.startState = () => ({ ...start(), prefixes: { ...prefixes } });
  yasqe.checkSyntax = () => check(yasqe);
  yasqe.setValue(yasqe.getValue());
  // It would try what the server sends as XML; a browser writes a style into what is none, which our pages refuse.
  tab.getYasr().updateResponseInfo = () => {};
  const field = yasqe.getInputField();
  field.setAttribute("aria-label", label);
  field.setAttribute("aria-describedby", leave.id);
  for (const rename of host.querySelectorAll(".tab input")) rename.setAttribute("aria-label", title);
}

leave.hidden = false;
const yasgui = new Yasgui(host, {
  persistenceId: "geokg",
  tabName: title,
  autofocus: false,
  populateFromUrl: false,
  endpointCatalogueOptions: { getData: () => [] },
  requestConfig: {
    endpoint: new URL(endpoint, location.href).href,
    method: "GET",
    acceptHeaderSelect: "text/html",
    acceptHeaderGraph: "text/html",
  },
  yasqe: {
    value: form.elements.query.value,
    prefixCcApi: null,
    autocompleters: ["geokg", "variables"],
    pluginButtons: undefined,
    createShareableLink: undefined,
  },
  yasr: { maxPersistentResponseSize: 0, pluginOrder: ["answer"], defaultPlugin: "answer" },
});

if (asked !== null && yasgui.getTab().getQuery() !== asked) {
  const tab = Object.values(yasgui._tabs).find((one) => one.getPersistedJson().yasqe.value === asked);
  if (tab) tab.select();
  else yasgui.addTab(true, { yasqe: { value: asked } });
}
furnish(yasgui.getTab());
yasgui.on("tabSelect", () => setTimeout(() => furnish(yasgui.getTab())));
yasgui.on("tabAdd", () => setTimeout(() => furnish(yasgui.getTab())));
yasgui.on("query", (_, tab) => {
  told.textContent = asking;
  history.pushState(null, "", `${endpoint}?${new URLSearchParams({ query: tab.getQuery() })}`);
});
window.addEventListener("popstate", () => location.reload());

// Its own button stands among the tabs, where only tabs may be.
const add = document.createElement("button");
add.type = "button";
add.className = "another";
add.textContent = another;
add.addEventListener("click", () => yasgui.addTab(true));
host.after(add);
form.hidden = true;
