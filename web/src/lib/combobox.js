// A box that suggests while somebody types, as the ARIA 1.2 pattern of an editable combobox with a list has it:
// the focus stays in the box, aria-activedescendant says which suggestion is meant.

const PAUSE = 120; // milliseconds after the last letter
let boxes = 0;

/**
 * Make a combobox of an input.
 *
 * @param {HTMLInputElement} input
 * @param {object} options
 * @param {(letters: string, signal: AbortSignal) => Promise<object[]>} options.suggest what may be meant
 * @param {(suggestion: object) => void} options.choose called with what was chosen
 * @param {{found: string, none: string, list: string}} options.texts in the language of the page; "{}" is a number
 */
export function combobox(input, { suggest, choose, texts }) {
  const id = `suggestions-${(boxes += 1)}`;
  const list = Object.assign(document.createElement("ul"), { id, hidden: true, role: "listbox", ariaLabel: texts.list });
  const told = Object.assign(document.createElement("div"), { className: "unseen", role: "status" });
  Object.assign(input, { role: "combobox", ariaExpanded: "false", ariaAutoComplete: "list", autocomplete: "off" });
  input.setAttribute("aria-controls", id);
  input.form.append(list, told);
  let found = [];
  let active = -1;
  let timer = 0;
  let asking = new AbortController();

  function mark(number) {
    active = number;
    [...list.children].forEach((option, place) => (option.ariaSelected = String(place === active)));
    if (active < 0) input.removeAttribute("aria-activedescendant");
    else {
      input.setAttribute("aria-activedescendant", list.children[active].id);
      list.children[active].scrollIntoView({ block: "nearest" });
    }
  }

  function close() {
    clearTimeout(timer);
    asking.abort();
    list.hidden = true;
    input.ariaExpanded = "false";
    told.textContent = "";
    mark(-1);
  }

  function show(suggestions) {
    found = suggestions;
    list.replaceChildren(...found.map((one, place) => option(one, `${id}-${place}`)));
    list.hidden = !found.length;
    input.ariaExpanded = String(!list.hidden);
    told.textContent = found.length ? texts.found.replace("{}", found.length) : texts.none;
    mark(-1);
  }

  async function ask() {
    asking.abort();
    asking = new AbortController();
    const letters = input.value.trim();
    if (!letters) return close();
    try {
      show(await suggest(letters, asking.signal));
    } catch (error) {
      if (error.name !== "AbortError") close(); // the form itself still works
    }
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  input.addEventListener("blur", close);
  input.form.addEventListener("submit", close);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const isOpen = !list.hidden;
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in moves && isOpen) {
      const places = found.length + 1; // the box itself is one of them
      mark(((active + 1 + moves[event.key] + places) % places) - 1);
    } else if (event.key === "ArrowDown") ask();
    else if (event.key === "Enter" && active >= 0) choose(found[active]);
    else if (event.key === "Escape" && isOpen) close();
    else return;
    event.preventDefault();
  });
  list.addEventListener("mousedown", (event) => event.preventDefault()); // keeps the focus in the box
  list.addEventListener("click", (event) => {
    const place = [...list.children].indexOf(event.target.closest("[role=option]"));
    if (place >= 0) choose(found[place]);
  });
}

function option({ label, language, direction, name, kind }, id) {
  const item = Object.assign(document.createElement("li"), { id, role: "option", ariaSelected: "false" });
  const words = Object.assign(document.createElement("span"), { textContent: label, lang: language, dir: direction });
  const what = name === label ? kind : `${name}, ${kind}`;
  item.append(words, Object.assign(document.createElement("small"), { textContent: what }));
  return item;
}

/**
 * What the server suggests: names with where they lead.
 *
 * @param {string} address of the suggestions
 * @param {Record<string, string>} also what else is asked, such as a kind
 */
export function suggestions(address, also = {}) {
  return async (letters, signal) => {
    const response = await fetch(`${address}?${new URLSearchParams({ ...also, q: letters })}`, { signal });
    if (!response.ok) throw new Error(response.statusText);
    return response.json();
  };
}
