// Selecting words by keys alone: arrows walk from word to word, with Shift more of them, with Ctrl too by the letter.

/** Scroll what is selected into view, in the page and in a text that scrolls by itself. */
export function show() {
  const range = getSelection().getRangeAt(0);
  const box = range.startContainer.parentElement.closest(".text-column");
  for (const place of [box, document.scrollingElement]) {
    const { top, bottom } = range.getBoundingClientRect();
    const high = place === box ? box.getBoundingClientRect().top : 0;
    const low = Math.min(high + place.clientHeight, innerHeight);
    if (top < high || bottom > low) place.scrollBy({ top: top - (high + low) / 2 });
  }
}

/**
 * @param {HTMLElement} place that can have the focus, with one text in it
 * @param {string} text
 * @param {() => void} mark called for the words that are selected, on Enter
 */
export function walkWords(place, text, mark) {
  const language = place.lang || undefined;
  const segments = [...new Intl.Segmenter(language, { granularity: "word" }).segment(text)];
  const words = segments.filter(({ isWordLike }) => isWordLike).map(({ index, segment }) => [index, index + segment.length]);
  let start = 0;
  let end = 0;

  function select(from, to) {
    [start, end] = [from, to];
    const node = [...place.childNodes].find(({ nodeType }) => nodeType === Node.TEXT_NODE);
    getSelection().setBaseAndExtent(node, start, node, end);
    show();
  }

  function letter(by) {
    const isHalf = (at) => /[\udc00-\udfff]/.test(text[at] ?? "");
    let at = end + by;
    while (isHalf(at)) at += by;
    return Math.min(Math.max(at, start), text.length);
  }

  place.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      return mark();
    }
    const selection = getSelection();
    const range = selection.rangeCount ? selection.getRangeAt(0) : null;
    if (range && range.startContainer === range.endContainer && range.startContainer.parentElement === place)
      [start, end] = [range.startOffset, range.endOffset];
    if (event.key === "Home" && words.length) {
      event.preventDefault();
      return select(...words[0]);
    }
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by || event.altKey || event.metaKey) return;
    event.preventDefault();
    const before = words.filter((word) => word[1] < end && word[1] > start);
    const after = words.find((word) => word[1] > end);
    if (event.shiftKey && event.ctrlKey) select(start, letter(by));
    else if (event.shiftKey && by > 0) select(start, after?.[1] ?? end);
    else if (event.shiftKey) select(start, before.at(-1)?.[1] ?? end);
    else {
      const word = by > 0 ? words.find(([at]) => at >= end) : words.findLast((one) => one[1] <= start);
      if (word) select(...word);
    }
  });
}
