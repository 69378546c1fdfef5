// What will users see? The room is asked before a button fires, and told afterwards who was right.
import { remembered, voter } from "/page/command.js";
import { span } from "/page/words.js";

const $ = (id) => document.getElementById(id);
const signs = ["✓", "~", "✕"], shownFor = 20000;

// show is what a view has of a prediction: "question", "waiting" for what comes true,
// "result", or nothing. The wall gives the charts back as soon as it can.
export function show(p, view, sinceResult) {
  if (!p?.id) return "";
  if (p.state === "open") return "question";
  if (p.state === "withdrawn" || p.state === "refused") return "";
  if (p.measured) return view !== "wall" || sinceResult < shownFor ? "result" : "";
  return view === "wall" ? "" : "waiting";
}

export class Prediction {
  constructor(app) {
    Object.assign(this, { app, told: null, heard: 0, resultAt: 0, resultOf: "", wanted: false, spoken: "" });
    $("predict-on").onclick = () => this.command({ on: !this.told?.on, ...this.seconds() });
    $("predict-seconds").onchange = () => this.command(this.seconds());
    $("predict-fire").onclick = () => this.command({ close: true });
    $("predict-withdraw").onclick = () => this.command({ withdraw: true });
    this.choices = [0, 1, 2].map((i) => this.choice(i));
    $("choices").replaceChildren(...this.choices);
  }

  seconds() { const s = Number($("predict-seconds").value); return s >= 1 ? { seconds: s } : {}; }

  async command(body) {
    this.app.refused(null);
    const a = await this.app.post("prediction", body);
    if (!a.ok) this.app.refused(this.app.words().predictionMode, a);
  }

  // choice is a button for who votes, and a line for who looks on.
  choice(i) {
    const li = document.createElement("li"), box = document.createElement(this.app.view === "student" ? "button" : "div");
    const part = (name) => { const s = document.createElement("span"); s.className = name; return s; };
    box.className = "choice";
    if (box.type) { box.type = "button"; box.onclick = () => this.vote(i); }
    box.append(part("bar"), part("sign"), part("text"), part("count"));
    li.append(box);
    return li;
  }

  mine() { return remembered.get(`showdown-vote-${this.app.store.hello?.server}-${this.told?.id}`); }

  async vote(i) {
    const p = this.told;
    if (p?.state !== "open") return;
    const a = await this.app.post("vote", { question: p.id, voter: voter(), choice: i });
    if (a.ok) remembered.set(`showdown-vote-${this.app.store.hello.server}-${p.id}`, String(i));
    $("vote-refusal").hidden = a.ok;
    $("vote-refusal").textContent = a.ok ? "" : `${a.error || this.app.words().noword}: ${a.hint}`;
    if (a.ok) this.app.announce(this.app.words().voted(this.app.words().choices[i]));
    this.draw();
  }

  take(p) {
    this.told = p;
    this.heard = performance.now();
    const result = p?.measured ? p.id : "";
    if (result !== this.resultOf) { this.resultOf = result; this.resultAt = this.heard; }
    this.draw();
  }

  left() { return Math.max(0, Math.ceil(this.told.left_s - (performance.now() - this.heard) / 1000)); }

  draw() {
    const p = this.told, w = this.app.words(), { view } = this.app, as = show(p, view, performance.now() - this.resultAt);
    const root = document.documentElement;
    root.dataset.prediction = as;
    $("prediction").hidden = !as;
    $("predict-on").setAttribute("aria-pressed", String(Boolean(p?.on)));
    put($("predict-on"), (this.app.store.hello?.replay ? w.predictionReplay : w.predictionLab)(p?.on));
    if (p?.seconds && document.activeElement !== $("predict-seconds")) $("predict-seconds").value = p.seconds;
    $("predict-refusal").hidden = p?.state !== "refused";
    if (p?.state === "refused") put($("predict-refusal"), `${this.app.say(p.label)}: ${p.error}: ${p.hint ?? ""}`);
    this.drawQR(p, w);
    if (!as) { this.spoken = ""; return; }
    const total = p.counts.reduce((a, b) => a + b, 0), mine = this.mine();
    put($("prediction-question"), as === "result" ? w.whatCame : w.whatWill);
    put($("prediction-what"), [this.app.say(p.label) || p.action, this.app.say(p.blast)].filter(Boolean).join(" · "));
    this.choices.forEach((li, i) => {
      const box = li.firstChild, [bar, sign, text, count] = box.children, came = as === "result" && p.measured.choice === i;
      put(sign, signs[i]);
      put(text, w.choices[i] + (came ? ` — ${w.came}` : "") + (mine === String(i) ? ` (${w.yours})` : ""));
      put(count, String(p.counts[i]));
      bar.style.width = `${100 * p.counts[i] / Math.max(1, total)}%`;
      box.dataset.came = as === "result" ? String(came) : "";
      if (box.type) {
        box.setAttribute("aria-pressed", String(mine === String(i)));
        box.disabled = as !== "question";
      }
    });
    const say = as === "question" ? w.firesIn(this.left(), total) : as === "waiting" ? w.watching(total) : this.result(p, w, total);
    put($("prediction-state"), say);
    $("prediction-desk").hidden = view !== "presenter" || as !== "question";
    if (as !== this.spoken) {
      this.spoken = as;
      this.app.announce(`${$("prediction-question").textContent} ${$("prediction-what").textContent}. ${say}`);
    }
  }

  result(p, w, total) {
    const m = p.measured;
    const measured = m.failed ? w.measured(m.failed.toLocaleString(this.app.lang()), span(m.failed_for_s), m.outage_s ? span(m.outage_s) : "") : w.unnoticed;
    return `${measured}. ${total ? w.right(p.counts[m.choice], total) : ""}`;
  }

  // drawQR shows phones the way while prediction mode is on, or who asked for it with a key.
  drawQR(p, w) {
    const share = this.app.store.hello?.share, box = $("qr");
    box.hidden = this.app.view !== "wall" || !share || !(p?.on || this.wanted);
    if (box.hidden) return;
    const img = $("qr-code");
    img.hidden = share.local;
    box.dataset.local = share.local;
    if (!share.local && !img.getAttribute("src")) img.src = "/api/v1/qr.svg";
    img.alt = w.qr(share.url);
    put($("qr-address"), share.local ? w.local : share.url.replace(/^http:\/\//, ""));
  }
}

function put(el, text) { if (el.textContent !== text) el.textContent = text; }
