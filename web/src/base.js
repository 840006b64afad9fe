// What every page has: nothing that it needs to be read.

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
