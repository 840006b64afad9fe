// The roles of an event: for each a list of the annotations that can play it, one more where several can.

export class Roles {
  /**
   * @param {HTMLElement} place where the lists go
   * @param {{labels: object}} scheme the tag set
   * @param {{role: string, more: string, fitting: string, other: string}} words in the language of the page
   */
  constructor(place, scheme, words) {
    this.place = Object.assign(document.createElement("div"), { className: "lists" });
    place.append(this.place);
    this.scheme = scheme;
    this.words = words;
  }

  /** Show the roles of a class, as they are played, with the annotations that could play them. */
  show(label, played, options) {
    const roles = this.scheme.labels[label]?.roles ?? [];
    this.place.replaceChildren(...roles.map((role) => this.#field(role, played, options)));
  }

  #field(role, played, options) {
    const field = Object.assign(document.createElement("div"), { className: "role", title: role.definition });
    const targets = played.filter((one) => one.role === role.name).map((one) => one.target);
    for (const target of targets.length ? targets : [""]) field.append(this.#list(role, target, options));
    if (role.repeats) {
      const more = Object.assign(document.createElement("button"), { type: "button", textContent: "+" });
      more.ariaLabel = this.words.more.replace("{role}", role.name);
      more.addEventListener("click", () => {
        const list = this.#list(role, "", options);
        more.before(list);
        list.querySelector("select").focus();
      });
      field.append(more);
    }
    return field;
  }

  #list(role, target, options) {
    const label = Object.assign(document.createElement("label"), { textContent: this.words.role.replace("{role}", role.name) });
    const list = document.createElement("select");
    list.dataset.role = role.name;
    list.append(new Option("–", ""));
    const fits = (one) => !role.fillers.length || role.fillers.includes(one.label);
    for (const [heading, some] of [
      [this.words.fitting, options.filter(fits)],
      [this.words.other, options.filter((one) => !fits(one))],
    ]) {
      if (!some.length) continue;
      const group = Object.assign(document.createElement("optgroup"), { label: heading });
      group.append(...some.map((one) => new Option(`${one.words.slice(0, 40)} (${one.label} ${one.name})`, one.id)));
      list.append(group);
    }
    list.value = target;
    label.append(list);
    return label;
  }

  /** Which roles are played, and by the annotations with which ids. */
  get chosen() {
    const lists = [...this.place.querySelectorAll("select")].filter((list) => list.value);
    return lists.map((list) => ({ role: list.dataset.role, target: list.value }));
  }
}
