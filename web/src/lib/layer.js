// What one annotator says of a text, as W3C Web Annotations; docs/formats.md has the convention. What is not changed
// here stays as it came.

const CONTEXT = "http://www.w3.org/ns/anno.jsonld";
const AROUND = 32; // characters of prefix and suffix beside a quote

const many = (value) => (value === undefined ? [] : [value].flat());
const iriOf = (target) => (typeof target === "string" ? target : (target.source ?? target.id));
const labelOf = (item) => many(item.body).find((body) => body.purpose === "classifying")?.value ?? "";
const isRole = (item) => item.motivation === "linking" && many(item.target).every((one) => !one.selector && !one.label);
const isReference = (body) => body.purpose === "identifying" && !body["dc:type"];

/** A register and a key, such as Wikidata:Q148, where a body refers to an entry of a register that we know. */
function short({ source, value } = {}) {
  const iri = source ?? value ?? "";
  const [, register, key] = iri.match(/^https:\/\/w3id\.org\/geokg\/register\/(\w+)\/([\w.-]+)$/) ?? [];
  return register ? `${register}:${key}` : iri.replace(/^http:\/\/www\.wikidata\.org\/entity\/(Q\d+)$/, "Wikidata:$1");
}

export class Layer {
  /**
   * @param {object[]} items the annotations
   * @param {{source: string, slice: (start: number, end: number) => string}} text the name of its file, its characters
   */
  constructor(items, text) {
    this.items = items;
    this.text = text;
  }

  /** The annotations that have words, in the order of the text. */
  get marks() {
    const found = this.items.map((item) => this.#mark(item)).filter((mark) => mark.parts.length);
    return found.sort((one, other) => one.parts[0].start - other.parts[0].start || one.parts[0].end - other.parts[0].end);
  }

  #mark(item) {
    const parts = many(item.target).flatMap((target) =>
      many(target.selector).filter(({ type }) => type === "TextPositionSelector"),
    );
    const bodies = many(item.body);
    const tags = bodies.filter(({ purpose }) => purpose === "tagging");
    return {
      id: item.id,
      label: labelOf(item),
      parts: parts.map(({ start, end }) => ({ start, end })),
      attributes: Object.fromEntries(tags.map((body) => (body.label ? [body.label, body.value] : [body.value, null]))),
      reference: short(bodies.find(isReference)),
      roles: this.#roles(item.id).map(([, role, target]) => ({ role, target })),
    };
  }

  /** The roles of an event: the annotation that says each, the role, and the id of what plays it. */
  #roles(id) {
    return this.items
      .filter((item) => isRole(item) && many(item.target).some((target) => iriOf(target) === id))
      .map((item) => [item, labelOf(item), many(item.body).find(({ purpose }) => purpose === "linking")?.source]);
  }

  /** Let a mark be as given: one that is there, or a new one, without an id. Gives its id. */
  put(mark, isEvent) {
    const id = mark.id ?? this.#free(isEvent ? "#E" : "#T");
    let item = this.items.find((one) => one.id === id);
    if (!item) {
      item = { "@context": CONTEXT, id, type: "Annotation", target: mark.parts.map((part) => this.#target(part)) };
      this.items.push(item);
    }
    item.motivation = isEvent ? "describing" : "classifying";
    item.body = [
      { type: "TextualBody", purpose: "classifying", value: mark.label },
      ...many(item.body).filter((body) => !["classifying", "tagging"].includes(body.purpose) && !isReference(body)),
      ...Object.entries(mark.attributes).map(([name, value]) => ({
        type: "TextualBody",
        purpose: "tagging",
        ...(value === null ? { value: name } : { label: name, value }),
      })),
      ...(mark.reference ? [{ type: "TextualBody", purpose: "identifying", value: short({ value: mark.reference }) }] : []),
    ];
    const wanted = isEvent ? mark.roles.map(({ role, target }) => `${role} ${target}`) : [];
    const there = this.#roles(id);
    const gone = new Set(there.filter(([, role, target]) => !wanted.includes(`${role} ${target}`)).map(([one]) => one));
    this.items = this.items.filter((one) => !gone.has(one));
    for (const { role, target } of isEvent ? mark.roles : []) {
      if (!there.some((one) => one[1] === role && one[2] === target)) this.items.push(this.#role(id, role, target));
    }
    return id;
  }

  #role(event, role, target) {
    return {
      "@context": CONTEXT,
      id: this.#free(`${event}-role-`),
      type: "Annotation",
      motivation: "linking",
      body: [
        { type: "TextualBody", purpose: "classifying", value: role },
        { type: "SpecificResource", purpose: "linking", source: target },
      ],
      target: [event],
    };
  }

  #target({ start, end }) {
    const quote = { type: "TextQuoteSelector", exact: this.text.slice(start, end) };
    quote.prefix = this.text.slice(Math.max(0, start - AROUND), start);
    quote.suffix = this.text.slice(end, end + AROUND);
    const position = { type: "TextPositionSelector", start, end };
    return { type: "SpecificResource", source: this.text.source, selector: [quote, position] };
  }

  /** Take a mark away, and what is said of it. */
  remove(id) {
    const isOut = (one) => iriOf(one) === id;
    this.items = this.items.filter((item) => {
      if (item.id === id || (item.motivation === "linking" && [item.target, item.body].flat().some((one) => one && isOut(one))))
        return false;
      const before = many(item.target);
      item.target = before.filter((target) => target.selector || !isOut(target));
      const left = item.target.length;
      return left === before.length || left > (item.motivation === "identifying" ? 1 : 0);
    });
  }

  #free(start) {
    const taken = new Set(this.items.flatMap((item) => [item.id, ...[item.target, item.body].flat().map((one) => one?.id)]));
    let number = 1;
    while (taken.has(start + number)) number += 1;
    return start + number;
  }
}
