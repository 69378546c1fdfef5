// The chaos buttons of the presenter. What a button says of its fault is what the server
// reported; a press alone changes nothing but that it was asked for.
import { span } from "/page/words.js";

const over = ["planned", "healed", "failed"];

// matches says whether a fault is a button's: also one that somebody else began, or that was
// in place before this page was loaded.
export function matches(button, fault, alone) {
  if (fault.action !== button.action) return false;
  if (!button.target || fault.targets.includes(button.target)) return true;
  const hits = button.hits ?? [];
  return hits.length > 0 && fault.targets.length > 0 ? fault.targets.every((t) => hits.includes(t)) : alone;
}

// stateOf is a button's place in armed, injecting, active, healing, healed.
export const stateOf = (fault) => !fault ? "ready" : ({ injecting: "injecting", injected: "injecting", unconfirmed: "active", "not healed": "stuck", planned: "ready" })[fault.phase] ?? fault.phase;

export class Buttons {
  constructor(app, arming) {
    Object.assign(this, { app, arming, list: [], letters: new Map(), asked: new Map(), key: "" });
    this.root = document.getElementById("buttons");
  }

  rebuild() {
    const { store } = this.app, buttons = store.hello.buttons ?? [];
    const key = JSON.stringify([store.hello.server, store.hello.stage.id, store.hello.run, buttons]);
    if (key !== this.key) { this.letters.clear(); this.asked.clear(); this.key = key; }
    const focus = [...this.root.querySelectorAll("button")].indexOf(document.activeElement);
    this.list = buttons;
    this.root.replaceChildren(...buttons.map((b, i) => this.card(b, i)));
    if (focus >= 0) this.root.querySelectorAll("button")[focus]?.focus();
    this.draw();
  }

  card(b, i) {
    const li = document.createElement("li"), button = document.createElement("button"), about = document.createElement("p");
    const part = (name, text) => { const s = document.createElement("span"); s.className = name; s.textContent = text; return s; };
    const digit = document.createElement("kbd");
    digit.textContent = i + 1;
    button.type = "button";
    button.className = "chaos";
    button.setAttribute("aria-keyshortcuts", String(i + 1));
    button.append(digit, part("label", this.app.say(b.label) || `${b.action} ${b.target ?? ""}`), part("blast", this.app.say(b.blast)), part("state", ""));
    button.onclick = () => this.press(i);
    const expect = this.app.say(b.expect);
    about.id = `expect-${i + 1}`;
    about.hidden = true; // it is read with the button, and stands once for all below them
    about.textContent = expect ? `${this.app.words().expect}: ${expect}` : "";
    if (expect) button.setAttribute("aria-describedby", about.id);
    li.append(button, about);
    return li;
  }

  // faults are the newest of each letter, of the cell that was named first.
  faults() {
    const out = new Map();
    for (const c of this.app.store.cells.values()) for (const f of c.faults) if (!out.has(f.letter)) out.set(f.letter, { ...f, now: c.t });
    return [...out.values()];
  }

  faultOf(i) {
    const b = this.list[i], alone = this.list.filter((o) => o.action === b.action).length === 1;
    const own = this.faults().filter((f) => this.letters.has(f.letter) ? this.letters.get(f.letter) === i : matches(b, f, alone));
    return own.filter((f) => f.phase !== "planned").sort((a, b2) => (a.from_s ?? a.planned_s) - (b2.from_s ?? b2.planned_s)).at(-1);
  }

  press(i) {
    const b = this.list[i], w = this.app.words();
    if (!b) return;
    const button = this.root.children[i].firstChild, label = button.querySelector(".label").textContent;
    button.focus();
    if (button.getAttribute("aria-disabled") === "true") return this.app.announce(`${label}: ${button.querySelector(".state").textContent}`);
    switch (this.arming.press(`chaos ${i}`)) {
      case "armed": this.app.announce(w.armedAloud(label, i + 1)); break;
      case "fire": this.fire(i, b, label); break;
    }
    this.draw();
  }

  async fire(i, b, label) {
    this.asked.set(i, performance.now());
    this.app.refused(null);
    const body = { with: b.with ?? {}, ...(b.target ? { target: b.target } : {}) };
    const a = await this.app.post(`chaos/${encodeURIComponent(b.action)}`, body);
    if (!a.ok) { this.asked.delete(i); this.app.refused(label, a); }
    else if (a.event?.startsWith("question-")) this.asked.delete(i);
    else this.letters.set(a.event, i);
    this.draw();
  }

  draw() {
    const w = this.app.words();
    this.list.forEach((b, i) => {
      const button = this.root.children[i]?.firstChild;
      if (!button) return;
      const f = this.faultOf(i), place = f && !over.includes(f.phase), now = stateOf(f);
      if (place || (f && this.letters.get(f.letter) === i)) this.asked.delete(i);
      const armed = this.arming.armed() === `chaos ${i}`, asked = this.asked.get(i);
      let state = now, text = "";
      if (this.app.stale()) { state = "unknown"; text = w.noword; }
      else if (place) text = this.words(f, w);
      else if (asked !== undefined) { state = "asked"; text = performance.now() - asked > 5000 ? w.askedLong : w.asked; }
      else if (armed) { state = "armed"; text = w.armed(this.arming.left()); }
      else if (f) text = this.words(f, w);
      else text = b.for_s ? w.healsAfter(span(b.for_s)) : w.untilHeal;
      button.dataset.state = state;
      button.setAttribute("aria-disabled", String(this.app.stale() || Boolean(place) || asked !== undefined));
      const el = button.lastChild;
      if (el.textContent !== text) el.textContent = text;
    });
    this.expecting();
  }

  // expecting says what the lesson expects of the button that matters now: armed, in place, or
  // under the finger.
  expecting() {
    const all = [...this.root.children], of = (state) => all.find((li) => li.firstChild.dataset.state === state);
    const li = of("armed") ?? all.find((l) => l.contains(document.activeElement)) ?? of("active") ?? of("injecting");
    const el = document.getElementById("expecting"), label = li?.querySelector(".label").textContent, text = li?.lastChild.textContent ? `${label} — ${li.lastChild.textContent}` : "";
    if (el.textContent !== text) el.textContent = text;
  }

  words(f, w) {
    const at = `${f.letter}: `, lasted = f.from_s === null ? "" : span(Math.max(0, (f.to_s ?? f.now) - f.from_s));
    switch (stateOf(f)) {
      case "injecting": return at + w.injecting;
      case "active": {
        const left = f.for_s ? f.from_s + f.for_s - f.now : 0;
        const heals = !f.for_s ? w.untilHeal : w.healsIn(span(Math.max(0, Math.round(left))), Math.max(0, left / this.app.store.hello.speed).toFixed(1));
        return `${at}${f.phase === "unconfirmed" ? w.notseen : w.active} ${lasted}; ${heals}`;
      }
      case "healing": return at + w.healingNow;
      case "healed": return at + (f.healing_s === null ? w.doneAfter(lasted) : w.healedAfter(lasted));
      case "stuck": return at + w.still;
      default: return at + w.failedAction;
    }
  }
}
