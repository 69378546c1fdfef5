// What the server said, by cell. The page shows nothing else.
const names = ["ok", "failed", "p50", "p95", "p99"];

export class Store {
  constructor() { this.clear(); }

  clear() {
    this.hello = null;
    this.cells = new Map();
    this.ticker = [];
    this.replay = null;
    this.step = "";
  }

  takeHello(h) {
    this.clear();
    this.hello = h;
    this.replay = h.replay ?? null;
    this.step = h.step;
    this.ticker = h.ticker;
    for (const c of h.cells) {
      const cell = { ...c, series: { from: c.points.from } };
      for (const n of names) cell.series[n] = [];
      this.cells.set(c.name, cell);
      merge(cell, c.points);
    }
  }

  takeTick(t) {
    this.step = t.step;
    this.replay = t.replay ?? this.replay;
    for (const [name, c] of Object.entries(t.cells)) {
      const cell = this.cells.get(name);
      if (!cell) continue;
      const { points, ...rest } = c;
      Object.assign(cell, rest);
      merge(cell, points);
    }
  }

  takeEvent(e) {
    const cell = this.cells.get(e.cell);
    if (e.text) {
      // What else it tells is known by its cell, and would be kept as long as the line.
      const { nodes, faults, drawing, ...line } = e;
      this.ticker.push(line);
      if (this.ticker.length > 200) this.ticker.splice(0, 100);
    }
    if (!cell) return;
    cell.faults = e.faults;
    cell.drawing = e.drawing;
    Object.assign(cell.nodes, e.nodes ?? {});
  }
}

// merge writes buckets where they belong; a bucket may come again with what ended later. Six minutes of the lab are
// kept, which is more than any chart shows: a tab may be open for days.
const keep = 3600;
function merge(cell, points) {
  const s = cell.series;
  const at = points.from - s.from;
  if (at < 0) return;
  for (const n of names) {
    while (s[n].length < at) s[n].push(null);
    for (let i = 0; i < points[n].length; i++) s[n][at + i] = points[n][i];
  }
  if (s.ok.length > 2 * keep) {
    const cut = s.ok.length - keep;
    for (const n of names) s[n].splice(0, cut);
    s.from += cut;
  }
}
