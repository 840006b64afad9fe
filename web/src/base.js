// What every page has: nothing that it needs to be read.
import { combobox, suggestions } from "./lib/combobox.js";

// Keyboard: "/" goes to the search box, as people know it from other sites.
document.addEventListener("keydown", (event) => {
  const { target } = event;
  const isTyping = target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable]");
  const search = document.querySelector("header.site input[type=search]");
  if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && search instanceof HTMLElement) {
    event.preventDefault();
    search.focus();
  }
});

// Boxes to search by names suggest some; a suggestion leads to its page.
for (const form of document.querySelectorAll("form[data-suggest]")) {
  const kind = form.elements.kind?.value;
  combobox(form.querySelector("input[type=search]"), {
    suggest: suggestions(form.dataset.suggest, kind ? { kind } : {}),
    choose: ({ address }) => location.assign(address),
    texts: form.dataset,
  });
}
