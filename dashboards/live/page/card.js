import { percent } from "/page/strip.js";

const shownFor = 12000;

// Card compares the stage that is played with the one before, from what the server measured.
// It comes by itself when the stage changes on the wall.
export class Card {
  constructor(view) {
    this.view = view;
    this.el = document.createElement("aside");
    this.el.id = "card";
    this.el.hidden = true;
    this.el.setAttribute("role", "status");
    document.body.append(this.el);
    this.stage = null;
  }

  // take looks whether another stage begins.
  take(hello) {
    const stage = hello.stage.id ? [hello.server, hello.stage.id, hello.ghost?.run].join() : null;
    const changed = this.stage !== null && stage !== null && stage !== this.stage && hello.ghost;
    if (stage !== null) this.stage = stage;
    if (changed && this.view === "wall") this.open(shownFor);
    else if (!hello.ghost) this.close();
  }

  open(ms) {
    this.el.hidden = false;
    this.passing = ms > 0;
    clearTimeout(this.timer);
    this.timer = ms ? setTimeout(() => this.close(), ms) : 0;
  }

  close() {
    const was = !this.el.hidden;
    clearTimeout(this.timer);
    this.el.hidden = true;
    return was;
  }

  toggle(hello) {
    if (!this.close() && hello.ghost) this.open(0);
  }

  // draw writes what is known now.
  draw(store, w, lang, span) {
    const h = store.hello, g = h?.ghost;
    if (this.el.hidden || !g) return;
    const now = [...store.cells.values()].find((c) => c.measured), m = now?.measured;
    // What came by itself does not hide what is to be seen.
    if (this.passing && now?.faults.some((f) => f.from_s !== null)) { this.close(); return; }
    const money = (usd) => usd === null || usd === undefined ? "?" : `$${usd.toFixed(2)}`;
    const recovery = (x) => !x?.recovery ? w.none : `${x.recovery.letter} ${x.recovery.action}: ${x.recovery.seconds === null ? w.unknownYet : x.recovery.seconds === 0 ? w.nobodyFelt : span(x.recovery.seconds)}`;
    const values = (x, usd) => x?.requests ? {
      availability: percent(x.availability), failed: x.failed.toLocaleString(lang), outage: x.longest_outage_s ? span(x.longest_outage_s) : w.none, recovery: recovery(x), cost: money(usd),
    } : { availability: w.notplayed, failed: "", outage: "", recovery: "", cost: money(usd) };
    const before = values(g.measured, g.month_usd), after = values(m, now?.month_usd);
    const key = JSON.stringify([before, after, lang, h.stage.id]);
    if (key === this.key) return;
    this.key = key;
    const make = (tag, text, name) => { const el = document.createElement(tag); el.textContent = text; if (name) el.className = name; return el; };
    const table = document.createElement("table"), head = table.insertRow();
    head.append(make("td", ""), column(make, w.previous, g.title), column(make, w.current, h.stage.title));
    for (const [name, label] of Object.entries(w.measure)) {
      const row = table.insertRow();
      row.append(make("th", label), make("td", before[name], "was"), make("td", after[name]));
    }
    const lines = [[w.promises, h.stage.promise], [w.cure, h.stage.cures]].filter(([, text]) => text).map(([label, text]) => {
      const p = document.createElement("p");
      p.append(make("b", `${label}: `), text);
      return p;
    });
    this.el.replaceChildren(make("h2", w.compare), table, ...lines, make("small", w.closes));
  }
}

function column(make, when, title) {
  const th = make("th", "");
  th.scope = "col";
  th.append(make("small", when), title);
  return th;
}
