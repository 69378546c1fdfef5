import { measure, paint } from "/page/flow.js";

const ids = ["", "second-"]; // what is before the ids of each drawing

// Drawings is the architecture of the cell that is chosen, or of two beside each other.
export class Drawings {
  constructor(box, view, asked) {
    Object.assign(this, { box, view, other: null, stale: false, wanted: asked === null ? null : asked === "1", panes: [] });
  }

  // both says whether two are shown: where a stage has exactly two its lesson is to compare.
  both(store) {
    return store.cells.size > 1 && (this.wanted ?? (this.view !== "student" && store.cells.size === 2));
  }

  toggle(store) { this.wanted = !this.both(store); }

  // pair is what is drawn: the chosen cell, or the base cell and the chosen one.
  pair(store, shown) {
    const all = [...store.cells.values()], chosen = store.cells.get(shown) ?? all[0];
    if (!this.both(store)) return [chosen];
    if (all.length === 2) return all;
    const base = store.cells.get("base") ?? all[0];
    if (chosen !== base) this.other = chosen.name;
    return [base, store.cells.get(this.other) ?? all.find((c) => c !== base)];
  }

  // clear shows nothing.
  clear() {
    this.panes = [];
    this.box.replaceChildren();
  }

  // show draws what is not drawn yet; anew draws all of it.
  show(store, shown, lang, anew) {
    const cells = this.pair(store, shown);
    document.documentElement.dataset.both = cells.length > 1;
    if (this.panes.length !== cells.length) {
      this.panes = cells.map(() => pane());
      this.box.replaceChildren(...this.panes.map((p) => p.el));
    }
    cells.forEach((c, i) => {
      const p = this.panes[i];
      p.cell = c;
      p.el.dataset.cell = c.name;
      p.el.dataset.chosen = c.name === shown;
      this.draw(p, i, store, lang, anew);
    });
    this.states();
  }

  async draw(p, i, store, lang, anew) {
    const c = p.cell, w = p.picture.clientWidth, h = p.picture.clientHeight;
    const key = [store.hello.server, store.hello.run, c.name, c.drawing, lang, w, h].join();
    if (!w || (!anew && key === p.drawn)) return;
    // What is drawn of another server, run or cell says nothing of this one.
    const of = [store.hello.server, store.hello.run, c.name].join();
    if (p.of !== of) p.picture.replaceChildren();
    p.of = of;
    p.drawn = key;
    const size = Math.round(Math.max(13, parseFloat(getComputedStyle(this.box).fontSize)));
    const ask = { cell: c.name, lang, w, h, size, key: this.panes.length > 1 ? 0 : 1, second: i };
    const answer = await fetch(`/api/v1/drawing?${new URLSearchParams(ask)}`);
    if (!answer.ok || key !== p.drawn) return;
    p.picture.innerHTML = await answer.text();
    measure(p.picture);
    this.states();
  }

  // states gives nodes and ways their looks.
  states(stale = this.stale) {
    this.stale = stale;
    this.panes.forEach((p, i) => {
      if (!p.cell) return;
      for (const [id, n] of Object.entries(p.cell.nodes)) dress(document.getElementById(ids[i] + id), n, stale);
      for (const el of p.picture.querySelectorAll("[data-stack]")) dress(el, together(el.dataset.stack.split(" ").map((id) => p.cell.nodes[id])), stale);
      paint(p.picture, stale ? null : p.cell.flows);
    });
  }

  // heads writes over each of two drawings whose it is and how its users fare.
  heads(say) {
    if (this.panes.length < 2) return;
    for (const p of this.panes) {
      const s = say(p.cell);
      p.head.dataset.state = s.state;
      for (const [name, text] of Object.entries(s.text)) if (p[name].textContent !== text) p[name].textContent = text;
    }
  }
}

function pane() {
  const make = (tag, name) => { const el = document.createElement(tag); el.className = name; return el; };
  const p = { el: make("div", "pane"), head: make("p", "pane-head"), name: make("b", "pane-name"), state: make("span", "pane-state"), failed: make("span", "pane-failed"), picture: make("div", "pane-picture"), verdict: make("p", "pane-verdict"), drawn: "", of: "" };
  p.head.append(p.name, p.state, p.failed);
  p.el.append(p.head, p.picture, p.verdict);
  return p;
}

function dress(el, node, stale) {
  if (!el || !node) return;
  el.dataset.state = stale ? "unknown" : node.state;
  el.dataset.belief = stale ? "" : node.belief ?? "";
}

// together is a stack's state: that of its nodes where they are all the same.
function together(nodes) {
  const known = nodes.filter(Boolean), [first] = known;
  if (!first) return null;
  return { state: known.every((n) => n.state === first.state) ? first.state : "degraded", belief: known.every((n) => n.belief === first.belief) ? first.belief : "" };
}
