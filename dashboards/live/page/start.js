// Which stage the lab plays, and how fast and under what load it starts.
const $ = (id) => document.getElementById(id);

export class Start {
  constructor(app, arming) {
    Object.assign(this, { app, arming });
    $("previous").onclick = () => this.step(-1);
    $("again").onclick = () => this.step(0);
    $("next").onclick = () => this.step(1);
    $("rate-now").onclick = () => this.rate();
    for (const id of ["start-speed", "start-rate"]) {
      $(id).addEventListener("keydown", (e) => { if (e.key === "Escape") e.target.blur(); });
    }
  }

  stages() { return this.app.store.hello?.stages ?? []; }
  at() { return this.stages().findIndex((s) => this.app.store.hello.stage.id.endsWith("/" + s.name)); }

  // step starts a stage before or after this one, or this one anew, when it is pressed twice.
  step(by) {
    const button = $(by < 0 ? "previous" : by > 0 ? "next" : "again");
    button.focus();
    this.choose(this.at() + by, button);
  }

  choose(i, button) {
    const s = this.stages()[i], w = this.app.words();
    if (!s) return;
    switch (this.arming.press(`stage ${button.id || i}`)) {
      case "armed": this.app.announce(w.stageAloud(s.title || s.name)); break;
      case "fire": this.go(s); break;
    }
    this.draw();
  }

  async go(s) {
    const number = (id) => { const v = Number($(id).value); return $(id).value.trim() !== "" && Number.isFinite(v) ? v : undefined; };
    this.app.refused(null);
    const a = await this.app.post("stage", { stage: s.name, speed: number("start-speed"), rate: number("start-rate") });
    if (!a.ok) this.app.refused(s.name, a);
    else this.app.announce(this.app.words().stageAsked(s.title || s.name));
  }

  async rate() {
    this.app.refused(null);
    const a = await this.app.post("rate", { rate: Number($("start-rate").value) });
    if (!a.ok) this.app.refused(this.app.words().rate, a);
    else this.app.announce(this.app.words().rateAsked($("start-rate").value));
  }

  rebuild() {
    const all = this.stages(), at = this.at();
    $("lab-stages").replaceChildren(...(all.length > 1 ? all : []).map((s, i) => {
      const li = document.createElement("li"), b = document.createElement("button");
      b.type = "button";
      b.title = s.title;
      b.dataset.name = s.name;
      if (i === at) b.setAttribute("aria-current", "true");
      b.onclick = () => this.choose(i, b);
      li.append(b);
      return li;
    }));
    $("start-speed").placeholder = this.app.store.hello.speed || "";
    this.draw();
  }

  draw() {
    const w = this.app.words(), armed = this.arming.armed(), all = this.stages(), at = this.at();
    const put = (b, text, what) => {
      const is = armed === `stage ${what}`, shown = is ? `${text} — ${w.armed(this.arming.left())}` : text;
      b.dataset.state = is ? "armed" : "ready";
      if (b.textContent !== shown) b.textContent = shown;
    };
    for (const [id, by, text] of [["previous", -1, w.previous], ["again", 0, w.startAgain], ["next", 1, w.next]]) {
      const s = all[at + by];
      $(id).disabled = !s;
      put($(id), s && by ? text(s.name) : by ? text("") : text, id);
    }
    [...$("lab-stages").children].forEach((li, i) => put(li.firstChild, li.firstChild.dataset.name, i));
  }
}
