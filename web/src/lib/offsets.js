// Places in a text as its file counts them, in code points, and as a page does: in UTF-16 units, CR LF as one.

export class Offsets {
  /**
   * @param {string} shown the text as the page has it
   * @param {number[]} pairs where in the file a CR stands before an LF, in code points, in their order
   */
  constructor(shown, pairs) {
    this.characters = []; // of the file
    this.units = [0]; // of the page, where the character begins; and the end
    const cut = new Set(pairs);
    let unit = 0;
    const add = (character, width) => {
      this.characters.push(character);
      this.units.push((unit += width));
    };
    for (const character of shown) {
      if (cut.has(this.characters.length)) add("\r", 0);
      add(character, character.length);
    }
  }

  /** The place on the page of one in the file. */
  onPage(point) {
    return this.units[point];
  }

  /** The place in the file of a start, or an end, on the page: a CR LF lies outside on both sides. */
  inFile(unit, isEnd = false) {
    let low = 0;
    let high = this.units.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.units[middle] <= unit) low = middle;
      else high = middle - 1;
    }
    return isEnd && low > 0 && this.characters[low - 1] === "\r" && this.units[low - 1] === unit ? low - 1 : low;
  }

  /** The characters of the file between two places. */
  slice(start, end) {
    return this.characters.slice(start, end).join("");
  }
}
