import { Card } from "/page/card.js";
import { Charts } from "/page/charts.js";
import { Drawings } from "/page/drawings.js";
import { figureName, saveFigure } from "/page/figure.js";
import { withSight } from "/page/sightwords.js";
import { answered, percent } from "/page/strip.js";
import { listen } from "/page/stream.js";
import { Store } from "/page/store.js";
import { clock, languages, span, words } from "/page/words.js";
import { post } from "/page/command.js";
import { Desk } from "/page/desk.js";

const $ = (id) => document.getElementById(id);
const root = document.documentElement, query = new URLSearchParams(location.search);
const view = ["wall", "presenter", "student"].includes(query.get("view")) ? query.get("view") : "wall";
root.dataset.view = view;

const remembered = { get: (k) => { try { return localStorage.getItem(k); } catch { return null; } }, set: (k, v) => { try { localStorage.setItem(k, v); } catch { /* nothing is kept then */ } } };
let theme = query.get("theme") ?? remembered.get("showdown-theme") ?? (view === "wall" || !matchMedia("(prefers-color-scheme: dark)").matches ? "light" : "dark");
let lang = [query.get("lang"), remembered.get("showdown-lang"), navigator.language.slice(0, 2)].find((l) => languages.includes(l)) ?? "en";

let w = withSight(words(lang), lang), shown = query.get("cell"), stale = false, dirty = true;
const unreliable = 40; // ms that a request may be sent late
let lateMS = 0, lateAt = -Infinity;
const store = new Store();
const charts = new Charts($("throughput"), $("latency"), $("strip"));
const drawings = new Drawings($("drawing"), view, query.get("both")), card = new Card(view);
const put = (el, text) => { if (el.textContent !== text) el.textContent = text; };
const desk = new Desk({ store, view, words: () => w, lang: () => lang, stale: () => stale });

function speak() {
  root.lang = lang;
  w = withSight(words(lang), lang);
  for (const el of document.querySelectorAll("[data-say]")) el.textContent = w[el.dataset.say];
  $("strip").setAttribute("aria-label", w.strip);
  $("keys").replaceChildren(...Object.entries(w.help).flatMap(([key, does]) => {
    const dt = document.createElement("dt"), dd = document.createElement("dd");
    dt.textContent = key; dd.textContent = does;
    return [dt, dd];
  }));
}

function dress() {
  root.dataset.theme = theme;
  charts.rebuild();
}

const cell = () => store.cells.get(shown) ?? store.cells.values().next().value;

// everything is drawn anew: another stage, cell, language.
function whole() {
  const h = store.hello, c = cell();
  if (!h) return;
  put($("title"), h.stage.title || "showdown");
  put($("promise"), h.stage.promise);
  const at = h.stages.findIndex((s) => h.stage.id.endsWith("/" + s.name));
  put($("number"), h.stages.length > 1 ? `${at + 1}/${h.stages.length}` : "");
  document.title = h.stage.title ? `${h.stage.title} · showdown` : "showdown";
  notes(h);
  ticker(true);
  $("replay").hidden = !h.replay;
  desk.hello();
  if (!c) { charts.clear(); drawings.clear(); }
  if (c) {
    shown = c.name;
    drawing(true);
    charts.show(h, c, w, clock, drawings.both(store) ? drawings.pair(store, shown).find((o) => o.name !== shown) : null);
  }
  cells();
  dirty = true;
}

function notes(h) {
  $("notes").replaceChildren(...["cures", "before", "after"].filter((k) => h.stage[k]).map((k) => {
    const p = document.createElement("p"), b = document.createElement("b");
    b.textContent = w[k] + ": ";
    p.append(b, h.stage[k]);
    return p;
  }));
  $("stages").replaceChildren(...(h.replay && h.stages.length > 1 ? h.stages : []).map((s) => {
    const b = document.createElement("button");
    b.type = "button";
    b.textContent = s.name;
    b.setAttribute("aria-current", String(h.stage.id.endsWith("/" + s.name)));
    b.onclick = () => command("stage", { stage: s.name });
    return b;
  }));
}

function cells() {
  const all = [...store.cells.values()];
  const list = $("cells");
  if (list.childElementCount !== (all.length > 1 ? all.length : 0) || [...list.children].some((li, i) => li.dataset.cell !== all[i].name)) {
    list.replaceChildren(...(all.length > 1 ? all : []).map((c) => {
      const li = document.createElement("li"), b = document.createElement("button");
      li.dataset.cell = c.name;
      b.type = "button";
      b.title = c.shows;
      b.onclick = () => { shown = c.name; whole(); };
      li.append(b);
      return li;
    }));
  }
  for (const li of list.children) {
    const c = store.cells.get(li.dataset.cell), b = li.firstChild;
    put(b, `${over(c) ? "■" : sign(state(c))} ${c.name} ✕${count(c.totals.failed + c.totals.dropped)}`);
    b.setAttribute("aria-pressed", String(c.name === shown));
  }
}

const count = (n) => n.toLocaleString(lang);
const sign = (s) => ({ up: "✓", degraded: "~", down: "✕" })[s] ?? "?";

// state is what users of a cell meet now.
function state(c) {
  const a = c?.now.availability;
  if (stale || a === null || a === undefined) return "unknown";
  return a === 0 ? "down" : a < (store.hello.stage.slo || 1) ? "degraded" : "up";
}

// over says that a cell's traffic has had its time.
const over = (c) => !stale && state(c) === "unknown" && (c.ended || (c.length_s > 0 && c.t >= c.length_s));

const drawing = (anew) => drawings.show(store, shown, lang, anew);
const states = () => drawings.states(stale);

// head is what stands over each of two drawings.
function head(c) {
  const s = state(c), done = over(c), a = done ? answered(c.totals) : c.now.availability;
  return { state: s, text: {
    name: c.name, state: `${done ? "■" : sign(s)} ${a === null || (s === "unknown" && !done) ? w.unknown : percent(a)}`,
    failed: w.sight.failures(count(c.totals.failed + c.totals.dropped)), verdict: verdict(c),
  } };
}

function ticker(all) {
  const c = cell()?.name, lines = store.ticker.filter((l) => l.text && (l.cell === c || store.cells.size === 1));
  const last = lines.slice(view === "wall" ? -3 : -25).reverse();
  const key = last.map((l) => l.t + l.kind).join() + lang;
  if (!all && $("ticker").dataset.key === key) return;
  $("ticker").dataset.key = key;
  $("ticker").replaceChildren(...last.map((l) => {
    const li = document.createElement("li"), t = document.createElement("time"), text = document.createElement("span");
    li.dataset.weight = l.weight;
    t.textContent = `${l.t < 0 ? "−" : ""}${clock(Math.abs(l.t))} (${l.lab_s.toFixed(1).replace("-", "−")} s ${w.lab})`;
    text.textContent = l.text[lang] ?? l.text.en;
    li.append(t, text);
    return li;
  }));
  // Before the zero a lab comes up line by line: that is not read out.
  if (!all && last[0] && last[0].t >= 0) put($("spoken"), last[0].text[lang] ?? last[0].text.en);
}

// verdict is the newest fault that struck, as far as it was reported.
function verdict(c) {
  const struck = c.faults.filter((x) => x.from_s !== null).sort((a, b) => b.from_s - a.from_s), f = struck[0];
  if (!f) return "";
  // What struck before and goes on is named too.
  const others = struck.slice(1).filter((x) => x.phase === "active" || x.phase === "unconfirmed").map((x) => `${x.letter} ${x.action}: ${w.since(span(c.t - x.from_s))}`);
  const names = f.targets.length > 3 ? `${f.targets.slice(0, 2).join(", ")} +${f.targets.length - 2}` : f.targets.join(", ");
  const parts = [];
  const lasted = f.last_failed_s === null ? 0 : f.last_failed_s - f.from_s;
  const noticed = f.detected_s !== null ? w.noticed(w.who[f.by] ?? f.by, span(f.detected_s - f.from_s)) : "";
  switch (f.phase) {
    case "injecting": parts.push(w.started); break;
    case "injected": parts.push(w.seen); break;
    case "unconfirmed": parts.push(w.notseen); break;
    case "not healed": parts.push(w.still); break;
    case "failed": parts.push(w.failedAction); break;
    case "healing": parts.push(w.healing); break;
    case "active": parts.push(w.since(span(c.t - f.from_s))); break;
  }
  const ended = f.phase === "healed", quietFor = c.t - (f.last_failed_s ?? f.from_s);
  if (ended && !f.failed) parts.push(w.unnoticed);
  else if (ended) {
    parts.push(f.self_healed ? w.self(span(lasted)) : w.repaired(span(lasted)));
  } else if (f.failed && quietFor > 6 * store.hello.bucket_s) parts.push(w.again(span(lasted)));
  if (noticed) parts.push(noticed);
  else if (!ended && f.phase === "active" && f.failed) parts.push(w.nobody);
  if (f.failed) parts.push(w.users(count(f.failed)));
  return [`${[f.letter, f.action, names].filter(Boolean).join(" ")}: ${parts.join("; ")}`, ...others].join(" · ");
}

// nothing is shown of what was known before.
function nothing() {
  $("state").dataset.state = "unknown";
  put($("sign"), "?");
  put($("word"), stale ? w.unknown : store.step || w.idle);
  for (const id of ["availability", "goodput", "p99", "failed"]) put($(id), "?");
  for (const id of ["verdict", "clock", "cost", "mode"]) put($(id), "");
  put($("banner"), stale ? w.lost : "");
  $("banner").hidden = !stale;
}

function now() {
  const h = store.hello, c = cell();
  if (!c) nothing();
  if (!h) return;
  const replay = store.replay, mode = replay ? (replay.paused ? w.paused : w.replay) : h.mode === "live" ? (store.step === "over" ? w.sight.ended : w.live) : "";
  put($("mode"), mode + (charts.frozen ? ` · ${w.frozen}` : ""));
  if (!c) return;
  put($("clock"), c.length_s > 0 ? `${clock(c.t)} / ${clock(c.length_s)}` : clock(c.t));
  put($("cost"), c.month_usd === null ? "" : `$${c.month_usd.toFixed(2)} ${w.month}`);
  const s = state(c), done = over(c);
  $("state").dataset.state = s;
  put($("sign"), done ? "■" : sign(s));
  const early = c.t < 0 || (s === "unknown" && c.totals.ok + c.totals.failed === 0), step = w.sight.steps[store.step];
  put($("word"), stale ? w.unknown : done ? step ?? w.over : early ? step ?? w.idle : s === "degraded" && c.now.availability < .5 ? w.sight.most : w[s]);
  const a = done ? answered(c.totals) : c.now.availability, known = !stale && c.now.availability !== null;
  put($("availability"), !stale && a !== null ? percent(a) : "?");
  put($("goodput"), known ? count(Math.round(c.now.goodput)) : "?");
  put($("p99"), done ? "–" : stale || c.now.p99_ms === null ? "?" : `${c.now.p99_ms < 10 ? c.now.p99_ms.toFixed(1) : Math.round(c.now.p99_ms)} ms`.replace(/^(\d)(\d)\d\d ms$/, "$1.$2 s"));
  put($("failed"), count(c.totals.failed + c.totals.dropped));
  put($("verdict"), verdict(c));
  // It stays for a moment: one late bucket is gone before anybody has read of it.
  if (c.now.late_ms > unreliable) { lateMS = Math.max(c.now.late_ms, performance.now() - lateAt < 3000 ? lateMS : 0); lateAt = performance.now(); }
  $("late").hidden = stale || performance.now() - lateAt > 3000;
  if (!$("late").hidden) put($("late"), w.late(Math.round(lateMS)));
  put($("banner"), stale ? w.lost : "");
  $("banner").hidden = !stale;
  if (replay) {
    put($("pause"), replay.paused ? w.play : w.pause);
    put($("speed"), w.speed(+replay.speed.toFixed(1)));
    $("seek").max = replay.length_s;
    if (document.activeElement !== $("seek")) $("seek").value = replay.at_s;
  }
}

function frame() {
  if (dirty) {
    dirty = false;
    desk.draw();
    now();
    cells();
    ticker(false);
    if (cell()) { charts.cell = cell(); charts.draw(); drawing(false); drawings.heads(head); card.draw(store, w.sight, lang, span); fit(); }
  }
  requestAnimationFrame(frame);
}

// fit makes figures smaller that are too long for their place.
function fit() {
  for (const el of [$("state"), $("cells"), document.querySelector("#felt dl")]) {
    delete el.dataset.tight;
    if (el.scrollWidth > el.clientWidth) el.dataset.tight = "true";
  }
  delete $("felt").dataset.tight;
  if ($("felt").scrollHeight > $("felt").clientHeight + 1) $("felt").dataset.tight = "true";
}

async function figure() {
  const c = cell(), h = store.hello;
  if (!c || !charts.rates) return;
  const foot = [h.run, w.sight.speedOf(h.speed), w.sight.seeds, new Date().toLocaleString(lang), "showdown"].filter(Boolean).join(" · ");
  const name = figureName(h.run, clock(c.t));
  await saveFigure(charts, { title: h.stage.title, said: [c.name, clock(c.t), verdict(c)].filter(Boolean).join(" · "), foot, name, captions: { throughput: w.throughput, latency: w.latency, strip: w.strip } });
  put($("spoken"), w.sight.saved(name));
}

async function command(name, body) {
  if (!store.replay || view === "student") return;
  const a = await post(name, body);
  if (a.ok) return;
  put($("banner"), `${a.error}: ${a.hint}`);
  $("banner").hidden = false;
}

const faster = [1, 2, 5, 10, 20, 30, 60, 120, 300];
function pace(up) {
  const s = store.replay.speed;
  const next = up ? faster.find((f) => f > s * 1.01) : faster.findLast((f) => f < s * 0.99);
  if (next) command("replay", { speed: next });
}
function stage(by) {
  const h = store.hello, at = h.stages.findIndex((s) => h.stage.id.endsWith("/" + s.name)), to = h.stages[at + by];
  if (to) command("stage", { stage: to.name });
}
const pause = () => store.replay && command("replay", { paused: !store.replay.paused });
const seek = (by) => store.replay && command("replay", { by_s: by });

const keys = {
  t: () => { theme = theme === "dark" ? "light" : "dark"; remembered.set("showdown-theme", theme); dress(); },
  f: () => document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen?.().catch(() => {}),
  " ": () => { charts.frozen = !charts.frozen; dirty = true; },
  c: () => { const all = [...store.cells.keys()]; shown = all[(all.indexOf(shown) + 1) % all.length]; whole(); },
  g: () => { lang = languages[(languages.indexOf(lang) + 1) % languages.length]; remembered.set("showdown-lang", lang); speak(); whole(); },
  b: () => { drawings.toggle(store); whole(); },
  v: () => { card.toggle(store.hello); dirty = true; },
  s: figure,
  p: pause, j: () => seek(-60), l: () => seek(60), "+": () => store.replay && pace(true), "-": () => store.replay && pace(false),
  ArrowLeft: () => stage(-1), ArrowRight: () => stage(1),
  "?": () => $("help").open ? $("help").close() : $("help").showModal(),
};
addEventListener("keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || e.target.closest?.("input")) return;
  if (store.hello && desk.key(e)) { e.preventDefault(); return; }
  if (e.key === " " && e.target.closest?.("button")) return;
  if (e.key.toLowerCase() !== "v") card.close();
  const act = keys[e.key.length === 1 ? e.key.toLowerCase() : e.key];
  if (act && store.hello) { e.preventDefault(); act(); }
});
$("pause").onclick = pause;
$("slower").onclick = () => pace(false);
$("faster").onclick = () => pace(true);
$("seek").onchange = () => { command("replay", { at_s: Number($("seek").value) }); $("seek").blur(); };
addEventListener("resize", () => { dirty = true; });

speak();
dress();
listen("/api/v1/events", {
  message(name, m) {
    if (name === "hello") { store.takeHello(m); card.take(m); whole(); }
    else if (name === "tick") { store.takeTick(m); states(); }
    else { store.takeEvent(m); states(); }
    dirty = true;
  },
  stale(is) { stale = is; root.dataset.stale = is; states(); dirty = true; },
});
requestAnimationFrame(frame);
