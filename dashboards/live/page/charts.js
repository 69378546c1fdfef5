import uPlot from "/page/vendor/uPlot.esm.js";
import { line as ghostLine, range as withGhost } from "/page/ghost.js";
import { drawStrip } from "/page/strip.js";

const most = 1200; // buckets of a sliding axis: two minutes of the lab

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// latencies is the axis of latencies from the lowest to the highest, in steps that do not
// change all the time, with room at the top for what is written there.
function latencies(lo, hi) {
  const step = (v, up) => {
    const e = 10 ** Math.floor(Math.log10(v) + 1e-9), m = v / e;
    return e * (up ? [1, 2, 5, 10].find((s) => s >= m - 1e-9) : [5, 2, 1].find((s) => s <= m + 1e-9));
  };
  const least = step(Math.max(0.1, lo) * 0.8, false), most = Math.max(hi * 1.2, least * 8);
  return [least, step(most * (most / least) ** 0.42, true)];
}

// Charts are throughput, latency and the strip over one time axis, with the same bands of
// faults on all.
export class Charts {
  constructor(throughput, latency, strip) {
    Object.assign(this, { throughput, latency, strip, cell: null, other: null, ghost: null, frozen: false });
    this.observer = new ResizeObserver(() => this.rebuild());
    this.observer.observe(throughput);
  }

  close() {
    this.observer.disconnect();
    this.rates?.destroy(); this.times?.destroy();
  }

  show(hello, cell, words, clock, other = null) {
    Object.assign(this, { hello, cell, words, clock, other, ghost: hello.ghost ?? null });
    this.rebuild();
  }

  rebuild() {
    if (!this.cell || !this.throughput.clientWidth) return;
    this.rates?.destroy(); this.times?.destroy();
    this.colors = Object.fromEntries(["text", "muted", "grid", "paper", "up", "degraded", "down", "chaos", "off", "first", "second", "third"].map((n) => [n, css(`--draw-${n}`)]));
    const probe = document.createElement("i");
    probe.style.cssText = "position:absolute;height:var(--tick)";
    this.throughput.append(probe);
    this.tick = probe.offsetHeight || 14;
    probe.remove();
    this.left = Math.round(this.tick * 4.4);
    this.right = Math.round(this.tick * 4);
    this.font = `${this.tick}px "Liberation Sans", Arial, sans-serif`;
    const thick = Math.max(2, this.tick / 6), c = this.colors;
    this.thick = thick;
    const line = (label, stroke, width, more) => ({ label, stroke, width, points: { show: false }, ...more });
    this.rates = this.plot(this.throughput, false, [
      {},
      line("ok", c.up, thick, { fill: c.up + "40", paths: uPlot.paths.stepped({ align: 1 }) }),
      line("failed", c.down, thick, { fill: (u) => this.hatch(u), paths: uPlot.paths.stepped({ align: 1 }) }),
      line("offered", c.text, thick, { dash: [8, 5] }),
    ], { range: (u, lo, hi) => [0, Math.max(10, (hi ?? 10) * 1.4)] });
    this.times = this.plot(this.latency, true, [
      {}, line("p50", c.muted, thick), line("p95", c.second, thick, { dash: [14, 5] }), line("p99", c.first, thick * 1.3),
    ], { distr: 3, range: (u, lo, hi) => {
      if (this.ghost) [lo, hi] = withGhost(this.ghost, this.cell, ...this.range(), lo, hi);
      return latencies(lo ?? 1, hi ?? 10);
    } });
    this.draw(true);
  }

  // clear shows no lines: nothing is known of any cell.
  clear() {
    this.rates?.destroy(); this.times?.destroy();
    this.rates = this.times = this.cell = null;
    this.strip.getContext("2d").clearRect(0, 0, this.strip.width, this.strip.height);
  }

  plot(el, last, series, y) {
    el.replaceChildren();
    const decades = (u, splits) => splits.map((n) => (u.scales.y.max / u.scales.y.min > 40 ? [1] : [1, 2, 5]).includes(+(n / 10 ** Math.floor(Math.log10(n) + 1e-9)).toFixed(6)) ? n : null);
    const axis = { stroke: this.colors.text, font: this.font, grid: { stroke: this.colors.grid, width: 1 }, ticks: { show: false } };
    return new uPlot({
      width: el.clientWidth, height: el.clientHeight, padding: [this.tick * 0.6, this.right, 2, 0],
      cursor: { sync: { key: "time" }, drag: { x: false, y: false }, points: { show: false } }, legend: { show: false },
      scales: { x: { time: false, range: () => this.range() }, y },
      axes: [
        { ...axis, size: last ? this.tick * 1.6 : 4, values: (u, v) => last ? v.map((s) => this.clock(s)) : v.map(() => ""), space: this.tick * 7,
          incrs: [10, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 14400] },
        { ...axis, size: this.left, space: this.tick * 1.5, values: (u, v) => v.map((n) => n === null || (last && n === u.scales.y.min) ? "" : n >= 1 || n === 0 ? String(Math.round(n)) : String(+n.toFixed(2))),
          ...(last ? { filter: decades, grid: { ...axis.grid, filter: decades } } : {}) },
      ],
      series,
      hooks: { drawClear: [(u) => this.bands(u.ctx, u.bbox, this.cell)], draw: [(u) => this.names(u)] },
    }, [[], ...series.slice(1).map(() => [])], el);
  }

  range() {
    const b = this.hello.bucket_s, c = this.cell;
    if (c.length_s > 0 && c.length_s <= most * b) return [0, c.length_s];
    // A stage that is kept open begins with a part of the axis, so that its first minute is seen.
    for (const part of [8, 4, 2]) if (c.t < most * b / part) return [0, most * b / part];
    const end = Math.max(c.t, most * b);
    return [end - most * b, end];
  }

  hatch(u) {
    const size = Math.max(6, Math.round(this.tick / 2.5)), tile = document.createElement("canvas");
    tile.width = tile.height = size;
    const g = tile.getContext("2d");
    g.strokeStyle = this.colors.down;
    g.lineWidth = size / 3;
    g.beginPath();
    for (const d of [-size, 0, size]) { g.moveTo(d, size); g.lineTo(d + size, 0); }
    g.stroke();
    return u.ctx.createPattern(tile, "repeat");
  }

  // bands are the faults of a cell, from the moment that they struck to their end.
  bands(g, box, cell) {
    const [from, to] = this.range(), x = (s) => box.left + (Math.min(Math.max(s, from), to) - from) / (to - from) * box.width;
    g.save();
    g.textAlign = "left";
    for (const f of cell.faults ?? []) {
      if (f.from_s === null || f.from_s > to || (f.to_s ?? cell.t) < from) continue;
      const a = x(f.from_s), b = Math.max(x(f.to_s ?? cell.t), a + 3);
      g.fillStyle = this.colors.chaos + "2e";
      g.fillRect(a, box.top, b - a, box.height);
      g.strokeStyle = this.colors.chaos;
      g.lineWidth = this.thick;
      g.beginPath(); g.moveTo(a, box.top); g.lineTo(a, box.top + box.height); g.stroke();
      if (f.detected_s !== null && f.detected_s >= from) {
        g.setLineDash([4, 4]);
        g.beginPath(); g.moveTo(x(f.detected_s), box.top); g.lineTo(x(f.detected_s), box.top + box.height); g.stroke();
        g.setLineDash([]);
      }
    }
    g.restore();
  }

  // names write each line's name at its end, and the objective's line.
  names(u) {
    const g = u.ctx, px = devicePixelRatio;
    g.save();
    const font = `bold ${this.tick * px}px "Liberation Sans", Arial, sans-serif`, [from, to] = this.range();
    const before = u === this.times && this.ghost ? ghostLine(u, this.ghost, this.cell, this.words.sight.before_p99(this.ghost.name), { from, to, ink: this.colors.third, tick: this.tick, font }) : null;
    g.font = font;
    g.textBaseline = "middle";
    g.textAlign = "left";
    const ends = before ? [before] : [];
    if (u === this.times && this.hello.stage.slo_ms > 0) {
      const y = u.valToPos(this.hello.stage.slo_ms, "y", true);
      if (y > u.bbox.top && y < u.bbox.top + u.bbox.height) {
        g.strokeStyle = this.colors.degraded; g.fillStyle = this.colors.degraded;
        g.setLineDash([3 * px, 5 * px]); g.lineWidth = this.thick * px;
        g.beginPath(); g.moveTo(u.bbox.left, y); g.lineTo(u.bbox.left + u.bbox.width, y); g.stroke();
        ends.push({ x: u.bbox.left + u.bbox.width + 6, y, stroke: this.colors.degraded, label: "SLO" });
      }
    }
    g.strokeStyle = this.colors.paper; g.lineWidth = this.tick * px / 3; g.lineJoin = "round"; g.setLineDash([]);
    if (u === this.times) this.letters(u);
    for (let i = 1; i < u.series.length; i++) {
      const data = u.data[i];
      let n = data.length - 1;
      while (n >= 0 && data[n] == null) n--;
      if (n < 0 || (u === this.rates && i === 2 && !data[n])) continue;
      const edge = u.bbox.left + u.bbox.width, x = u.valToPos(u.data[0][n], "x", true);
      ends.push({ x: (x > edge - 3 * this.tick * px ? edge : x) + 6, y: u.valToPos(data[n], "y", true), stroke: u.series[i].stroke, label: u === this.rates ? { 1: "ok", 2: "✕", 3: this.words.offered }[i] : u.series[i].label, i });
    }
    // None over another, and none below the chart.
    ends.sort((a, b) => a.y - b.y);
    for (const e of ends) e.w = g.measureText(e.label).width;
    const high = this.tick * px, beside = (a, b) => a.x + a.w < b.x || b.x + b.w < a.x;
    ends.forEach((e, k) => { for (const o of ends.slice(0, k)) if (!beside(o, e)) e.y = Math.max(e.y, o.y + high); });
    for (let k = ends.length - 1; k >= 0; k--) {
      ends[k].y = Math.min(ends[k].y, u.bbox.top + u.bbox.height - high / 2, ...ends.slice(k + 1).filter((o) => !beside(o, ends[k])).map((o) => o.y - high));
    }
    g.strokeStyle = this.colors.paper;
    for (const e of ends) {
      g.strokeText(e.label, e.x, e.y);
      g.fillStyle = typeof e.stroke === "function" ? e.stroke(u, e.i) : e.stroke;
      g.fillText(e.label, e.x, e.y);
    }
    g.restore();
  }

  // letters name the bands, over the lines.
  letters(u) {
    const g = u.ctx, [from, to] = this.range(), y = u.bbox.top + u.bbox.height - 0.6 * this.tick * devicePixelRatio;
    g.setLineDash([]);
    g.fillStyle = this.colors.chaos;
    for (const f of this.cell.faults ?? []) {
      if (f.from_s === null || f.from_s < from || f.from_s > to) continue;
      const x = u.valToPos(f.from_s, "x", true) + this.thick + 2;
      g.strokeText(f.letter, x, y);
      g.fillText(f.letter, x, y);
    }
  }

  draw(always) {
    if (!this.rates || (this.frozen && !always)) return;
    const { series: s } = this.cell, b = this.hello.bucket_s, [from] = this.range();
    const first = Math.max(0, Math.floor(from / b) - s.from), n = s.ok.length;
    const xs = [], offered = [];
    for (let i = first; i < n; i++) { xs.push((s.from + i) * b); offered.push(this.offeredAt((s.from + i) * b)); }
    const rate = (v) => v === null ? null : v / this.hello.bucket_lab_s;
    const ok = [], failed = [];
    for (let i = first; i < n; i++) { ok.push(rate(s.ok[i])); failed.push(rate(s.failed[i])); }
    this.rates.setData([xs, ok, failed, offered]);
    this.times.setData([xs, s.p50.slice(first), s.p95.slice(first), s.p99.slice(first)]);
    drawStrip(this.strip, this);
  }

  offeredAt(t) {
    const steps = this.cell.offered_steps;
    let lo = 0, hi = steps.length - 1;
    if (hi < 0 || t < steps[0][0] || t > steps[hi][0]) return null;
    while (hi - lo > 1) { const mid = (lo + hi) >> 1; if (steps[mid][0] <= t) lo = mid; else hi = mid; }
    const [a, x] = steps[lo], [b, y] = steps[hi] ?? steps[lo];
    return b > a ? x + (y - x) * (t - a) / (b - a) : y;
  }
}
