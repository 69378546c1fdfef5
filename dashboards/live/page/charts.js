import uPlot from "/page/vendor/uPlot.esm.js";

const most = 1200; // buckets of a sliding axis: two minutes of the lab

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// Charts are throughput, latency and the strip over one time axis, with the same bands of
// faults on all.
export class Charts {
  constructor(throughput, latency, strip) {
    Object.assign(this, { throughput, latency, strip, cell: null, frozen: false, built: "" });
    new ResizeObserver(() => this.rebuild()).observe(throughput);
  }

  show(hello, cell, words, clock) {
    this.hello = hello; this.cell = cell; this.words = words; this.clock = clock;
    this.rebuild();
  }

  rebuild() {
    if (!this.cell || !this.throughput.clientWidth) return;
    this.rates?.destroy(); this.times?.destroy();
    this.colors = Object.fromEntries(["text", "muted", "grid", "paper", "up", "degraded", "down", "chaos", "off", "first", "second"].map((n) => [n, css(`--draw-${n}`)]));
    const probe = document.createElement("i");
    probe.style.cssText = "position:absolute;height:var(--tick)";
    document.body.append(probe);
    this.tick = probe.offsetHeight || 14;
    probe.remove();
    this.left = Math.round(this.tick * 4.4);
    this.right = Math.round(this.tick * 4);
    this.font = `${this.tick}px "Liberation Sans", Arial, sans-serif`;
    const thick = Math.max(2, this.tick / 6), c = this.colors;
    const line = (label, stroke, width, more) => ({ label, stroke, width, points: { show: false }, ...more });
    this.rates = this.plot(this.throughput, false, [
      {},
      line("ok", c.up, thick / 2, { fill: c.up + "40", paths: uPlot.paths.stepped({ align: 1 }) }),
      line("failed", c.down, thick, { fill: (u) => this.hatch(u), paths: uPlot.paths.stepped({ align: 1 }) }),
      line("offered", c.text, thick / 1.5, { dash: [8, 5] }),
    ], { range: (u, lo, hi) => [0, Math.max(10, (hi ?? 10) * 1.4)] });
    this.times = this.plot(this.latency, true, [
      {}, line("p50", c.muted, thick), line("p95", c.second, thick, { dash: [14, 5] }), line("p99", c.first, thick * 1.3),
    ], { distr: 3, range: (u, lo, hi) => [10 ** Math.floor(Math.log10(Math.max(0.05, lo ?? 1))), 10 ** Math.ceil(Math.log10(Math.max(1, hi ?? 10) * 1.05))] });
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
    const decades = (u, splits) => splits.map((n) => Number.isInteger(Math.round(Math.log10(n) * 1e6) / 1e6) ? n : null);
    const axis = { stroke: this.colors.text, font: this.font, grid: { stroke: this.colors.grid, width: 1 }, ticks: { show: false } };
    return new uPlot({
      width: el.clientWidth, height: el.clientHeight, padding: [this.tick * 0.6, this.right, 2, 0],
      cursor: { sync: { key: "time" }, drag: { x: false, y: false }, points: { show: false } }, legend: { show: false },
      scales: { x: { time: false, range: () => this.range() }, y },
      axes: [
        { ...axis, size: last ? this.tick * 1.6 : 4, values: (u, v) => last ? v.map((s) => this.clock(s)) : v.map(() => ""), space: this.tick * 7,
          incrs: [10, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 14400] },
        { ...axis, size: this.left, space: this.tick * 1.5, values: (u, v) => v.map((n) => n === null ? "" : n >= 1 || n === 0 ? String(Math.round(n)) : String(+n.toFixed(2))),
          ...(last ? { filter: decades, grid: { ...axis.grid, filter: decades } } : {}) },
      ],
      series,
      hooks: { drawClear: [(u) => this.bands(u.ctx, u.bbox, last)], draw: [(u) => this.names(u)] },
    }, [[], ...series.slice(1).map(() => [])], el);
  }

  range() {
    const b = this.hello.bucket_s, c = this.cell;
    if (c.length_s > 0 && c.length_s <= most * b) return [0, c.length_s];
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

  // bands are the faults, from the moment that they struck to their end.
  bands(g, box, letters) {
    const [from, to] = this.range(), x = (s) => box.left + (Math.min(Math.max(s, from), to) - from) / (to - from) * box.width;
    g.save();
    g.textAlign = "left";
    for (const f of this.cell.faults ?? []) {
      if (f.from_s === null || f.from_s > to || (f.to_s ?? this.cell.t) < from) continue;
      const a = x(f.from_s), b = Math.max(x(f.to_s ?? this.cell.t), a + 3);
      g.fillStyle = this.colors.chaos + "2e";
      g.fillRect(a, box.top, b - a, box.height);
      g.strokeStyle = this.colors.chaos;
      g.lineWidth = 2;
      g.beginPath(); g.moveTo(a, box.top); g.lineTo(a, box.top + box.height); g.stroke();
      if (letters) {
        g.fillStyle = this.colors.chaos;
        g.font = `bold ${this.tick * devicePixelRatio}px "Liberation Sans", Arial, sans-serif`;
        g.textBaseline = "bottom";
        g.fillText(f.letter, a + 4, box.top + box.height - 2);
      }
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
    g.font = `bold ${this.tick * px}px "Liberation Sans", Arial, sans-serif`;
    g.textBaseline = "middle";
    g.textAlign = "left";
    if (u === this.times && this.hello.stage.slo_ms > 0) {
      const y = u.valToPos(this.hello.stage.slo_ms, "y", true);
      if (y > u.bbox.top && y < u.bbox.top + u.bbox.height) {
        g.strokeStyle = this.colors.degraded; g.fillStyle = this.colors.degraded;
        g.setLineDash([3 * px, 5 * px]); g.lineWidth = 2 * px;
        g.beginPath(); g.moveTo(u.bbox.left, y); g.lineTo(u.bbox.left + u.bbox.width, y); g.stroke();
        g.fillText("SLO", u.bbox.left + u.bbox.width + 6, y);
      }
    }
    const taken = [];
    for (let i = u.series.length - 1; i > 0; i--) {
      const data = u.data[i];
      let n = data.length - 1;
      if (u === this.rates && i === 3) n = Math.min(n, this.upto ?? n);
      while (n >= 0 && data[n] == null) n--;
      if (n < 0 || (u === this.rates && i === 2 && !data[n])) continue;
      const x = u.valToPos(u.data[0][n], "x", true) + 6;
      let y = u.valToPos(data[n], "y", true);
      for (const t of taken) if (Math.abs(t - y) < this.tick * px) y = t + this.tick * px;
      taken.push(y);
      g.fillStyle = typeof u.series[i].stroke === "function" ? u.series[i].stroke(u, i) : u.series[i].stroke;
      g.fillText(u === this.rates ? { 1: "ok", 2: "✕", 3: this.words.offered }[i] : u.series[i].label, x, y);
    }
    g.restore();
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
    this.drawStrip();
  }

  offeredAt(t) {
    const steps = this.cell.offered_steps;
    let lo = 0, hi = steps.length - 1;
    if (hi < 0 || t < steps[0][0] || t > steps[hi][0]) return null;
    while (hi - lo > 1) { const mid = (lo + hi) >> 1; if (steps[mid][0] <= t) lo = mid; else hi = mid; }
    const [a, x] = steps[lo], [b, y] = steps[hi] ?? steps[lo];
    return b > a ? x + (y - x) * (t - a) / (b - a) : y;
  }

  // drawStrip is a mark for each stretch: up is plain, some fail is hatched, down is full.
  drawStrip() {
    const el = this.strip, px = devicePixelRatio, w = el.clientWidth, h = el.clientHeight;
    if (el.width !== w * px || el.height !== h * px) { el.width = w * px; el.height = h * px; }
    const g = el.getContext("2d"), { series: s } = this.cell, b = this.hello.bucket_s, [from, to] = this.range();
    g.setTransform(px, 0, 0, px, 0, 0);
    g.clearRect(0, 0, w, h);
    const left = this.left, width = w - this.left - this.right, top = this.tick * 1.5, height = Math.max(6, h - top - 2), c = this.colors;
    const slo = this.hello.stage.slo || 1;
    g.strokeStyle = c.off; g.setLineDash([2, 4]); g.strokeRect(left, top, width, height); g.setLineDash([]);
    const group = Math.max(1, Math.ceil((to - from) / b / 600));
    const hatch = this.hatch({ ctx: g });
    for (let i = Math.max(0, Math.floor(from / b) - s.from); i < s.ok.length; i += group) {
      let ok = 0, bad = 0;
      for (let k = i; k < Math.min(i + group, s.ok.length); k++) { ok += s.ok[k] ?? 0; bad += s.failed[k] ?? 0; }
      if (ok + bad === 0) continue;
      const x = left + ((s.from + i) * b - from) / (to - from) * width, wide = Math.max(1, group * b / (to - from) * width);
      if (ok === 0) { g.fillStyle = c.down; g.fillRect(x, top, wide, height); }
      else if (ok / (ok + bad) < slo) { g.fillStyle = c.degraded + "30"; g.fillRect(x, top, wide, height); g.fillStyle = hatch; g.fillRect(x, top, wide, height); }
      else { g.fillStyle = c.up + "55"; g.fillRect(x, top, wide, height); }
    }
    this.bands(g, { left, top, width, height }, false);
  }
}
