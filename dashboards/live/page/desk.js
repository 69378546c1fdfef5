// The desk is what the page has beside what it shows: the presenter's buttons and the room's
// votes, for a lab that takes commands.
import { Arming } from "/page/arming.js";
import { Buttons } from "/page/buttons.js";
import { post } from "/page/command.js";
import { Prediction } from "/page/prediction.js";
import { Start } from "/page/start.js";

const $ = (id) => document.getElementById(id);

export class Desk {
  // app has store and view, and the functions words, lang and stale.
  constructor(app) {
    this.app = {
      ...app, post,
      say: (texts) => texts?.[app.lang()] ?? texts?.en ?? "",
      announce: (text) => { $("announce").textContent = text; },
      refused: (what, a) => this.refused(what, a),
    };
    this.arming = new Arming();
    this.buttons = new Buttons(this.app, this.arming);
    this.start = new Start(this.app, this.arming);
    this.prediction = new Prediction(this.app);
    $("heal").onclick = () => this.heal();
    addEventListener("prediction", (e) => {
      if (this.app.store.hello) this.app.store.hello.prediction = e.detail;
      this.prediction.take(e.detail);
    });
    // A count-down goes on between the server's messages.
    setInterval(() => this.draw(), 250);
  }

  // commands says whether this page may do something to a lab.
  commands() { const h = this.app.store.hello; return this.app.view === "presenter" && Boolean(h?.controls) && !h.replay; }

  // asks says whether this page may ask the room: before a button fires, or a replay's fault strikes.
  asks() { return this.app.view === "presenter" && Boolean(this.app.store.hello?.controls); }

  // heal has no arming, and is tried whatever the page knows.
  async heal() {
    this.arming.disarm();
    $("heal").dataset.state = "asked";
    this.refused(null);
    const w = this.app.words(), a = await post("heal", {});
    $("heal").dataset.state = "ready";
    if (a.ok) this.app.announce(w.healAsked);
    else this.refused(w.heal, a);
  }

  refused(what, a) {
    const el = $($("healbar").hidden ? "desk-refusal" : "refusal"), w = this.app.words();
    el.hidden = !a;
    el.textContent = a ? `${what}: ${a.code === 0 ? w.noanswer : `${a.error}. ${a.hint}`}` : "";
  }

  hello() {
    const h = this.app.store.hello, may = this.commands();
    document.documentElement.dataset.commands = may;
    for (const id of ["chaos", "start", "healbar"]) $(id).hidden = !may;
    $("predict").hidden = !this.asks();
    this.prediction.take(h.prediction ?? null);
    if (!may) return;
    this.buttons.rebuild();
    this.start.rebuild();
  }

  draw() {
    if (!this.app.store.hello) return;
    this.prediction.draw();
    if (!this.commands()) return;
    this.buttons.draw();
    this.start.draw();
  }

  // key takes a key press; false leaves it to others.
  key(e) {
    if (e.key.toLowerCase() === "q" && this.app.view === "wall") { this.prediction.wanted = !this.prediction.wanted; this.draw(); return true; }
    if (document.querySelector("dialog[open]")) return false;
    if (e.key.toLowerCase() === "a" && this.asks()) { if (!e.repeat) $("predict-on").click(); return true; }
    if (!this.commands()) return false;
    const on = e.target.closest?.("button, a, summary, select");
    switch (true) {
      // A key that is held down is one press.
      case e.repeat && /^[0-9]$|^Enter$/.test(e.key): break;
      case e.key === "0": this.heal(); $("heal").focus(); break;
      case /^[1-9]$/.test(e.key): this.buttons.press(Number(e.key) - 1); break;
      case e.key === "Escape" && this.arming.disarm(): this.app.announce(this.app.words().disarmed); this.draw(); break;
      case e.key === "Enter" && !on && this.arming.armed()?.startsWith("chaos "): this.buttons.press(Number(this.arming.armed().slice(6))); break;
      case e.key === "ArrowLeft": this.start.step(-1); break;
      case e.key === "ArrowRight": this.start.step(1); break;
      default: return false;
    }
    return true;
  }
}
