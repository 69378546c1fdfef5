import { share, shift } from "/page/ghost.js";

// A row of the strip is a stage or a cell: a mark for each stretch, up is plain, some fail is
// hatched, down is full. Above the cell that is chosen stands the stage before, below it the
// other one of two.
export function drawStrip(el, charts) {
  const { hello, cell, other, ghost, tick, left, right, colors: c } = charts, [from, to] = charts.range();
  const px = devicePixelRatio, w = el.clientWidth, h = el.clientHeight, b = hello.bucket_s;
  if (el.width !== Math.round(w * px) || el.height !== Math.round(h * px)) { el.width = Math.round(w * px); el.height = Math.round(h * px); }
  const g = el.getContext("2d");
  g.setTransform(px, 0, 0, px, 0, 0);
  g.clearRect(0, 0, w, h);
  const stage = hello.stage.id.split("/").pop();
  const of = (x, label) => ({ label, ok: x.series.ok, failed: x.series.failed, at: x.series.from * b, each: b, share: answered(x.totals), live: x });
  const rows = other ? [of(cell, cell.name), of(other, other.name)] : [of(cell, ghost ? stage : "")];
  if (ghost) {
    const name = ghost.name === stage ? charts.words.sight.earlier : ghost.name;
    rows.unshift({ label: name, ok: ghost.ok, failed: ghost.failed, at: shift(ghost, cell), each: ghost.point_s, share: share(ghost, cell, cell.t), faint: true });
  }
  const top = tick * 1.35, gap = Math.max(2, tick / 5), height = Math.max(5, (h - top - 1 - gap * (rows.length - 1)) / rows.length);
  const hatch = charts.hatch({ ctx: g });
  rows.forEach((row, i) => {
    const box = { left, top: top + i * (height + gap), width: w - left - right, height };
    marks(g, box, row, { from, to, slo: hello.stage.slo || 1, c, hatch });
    if (row.live) charts.bands(g, box, row.live);
    names(g, box, row, { w, tick, c, size: Math.min(tick, height * 1.15) });
  });
}

// answered is the share of good answers.
export function answered(t) {
  const all = t.ok + t.failed + t.dropped;
  return all ? t.ok / all : null;
}

function marks(g, box, row, { from, to, slo, c, hatch }) {
  g.save();
  g.globalAlpha = row.faint ? 0.75 : 1;
  g.lineWidth = 1;
  g.strokeStyle = c.off; g.setLineDash([2, 4]); g.strokeRect(box.left, box.top, box.width, box.height); g.setLineDash([]);
  g.beginPath(); g.rect(box.left, box.top, box.width, box.height); g.clip();
  const group = Math.max(1, Math.ceil((to - from) / row.each / 600));
  for (let i = Math.max(0, Math.floor((from - row.at) / row.each)); i < row.ok.length; i += group) {
    let ok = 0, bad = 0;
    for (let k = i; k < Math.min(i + group, row.ok.length); k++) { ok += row.ok[k] ?? 0; bad += row.failed[k] ?? 0; }
    if (ok + bad === 0) continue;
    const x = box.left + (row.at + i * row.each - from) / (to - from) * box.width, wide = Math.max(1, group * row.each / (to - from) * box.width + 0.5);
    const fill = (style) => { g.fillStyle = style; g.fillRect(x, box.top, wide, box.height); };
    if (ok === 0) fill(c.down);
    else if (ok / (ok + bad) < slo) { fill(c.degraded + "30"); fill(hatch); } else fill(c.up + "55");
  }
  g.restore();
}

// names write on the left whose row it is, and on the right how many were answered so far.
function names(g, box, row, { w, tick, c, size }) {
  g.save();
  g.fillStyle = row.faint ? c.muted : c.text;
  g.textBaseline = "middle";
  const font = (px) => { g.font = `${row.faint ? "" : "bold "}${px}px "Liberation Sans", Arial, sans-serif`; };
  font(size);
  g.textAlign = "right";
  const room = box.left - tick * 0.5, wide = g.measureText(row.label).width;
  if (wide > room) font(Math.max(size * 0.62, size * room / wide));
  g.fillText(row.label, box.left - tick * 0.35, box.top + box.height / 2, room);
  if (row.share !== null) {
    font(size);
    g.textAlign = "left";
    g.fillText(percent(row.share), box.left + box.width + tick * 0.3, box.top + box.height / 2, w - box.left - box.width - tick * 0.3);
  }
  g.restore();
}

// percent never rounds up to all of them.
export const percent = (v) => v === 1 ? "100 %" : `${(Math.floor(v * 1000) / 10).toFixed(1)} %`;
