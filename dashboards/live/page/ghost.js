// The stage that was played before, on the clock of the one that is played now.

// shift is by how much the ghost is moved, so that a fault of both strikes at once: the first
// that has the same letter and action, else the first of each. Before it struck its plan counts.
export function shift(ghost, cell) {
  const now = (cell.faults ?? []).map((f) => ({ ...f, at: f.from_s ?? (f.planned_s > 0 ? f.planned_s : null) })).filter((f) => f.at !== null).sort((a, b) => a.at - b.at);
  for (const f of now) {
    const same = ghost.faults.find((g) => g.letter === f.letter && g.action === f.action);
    if (same) return f.at - same.from_s;
  }
  return now.length && ghost.faults.length ? now[0].at - ghost.faults[0].from_s : 0;
}

// points are the numbers of the ghost's points between two moments of the stage.
function points(ghost, cell, from, to) {
  const by = shift(ghost, cell), at = (t) => (t - by) / ghost.point_s;
  return [Math.max(0, Math.floor(at(from))), Math.min(ghost.ok.length, Math.ceil(at(to))), by];
}

// range is the lowest and the highest p99 of the ghost that is to be seen, or what was given.
export function range(ghost, cell, from, to, lo, hi) {
  if (!ghost) return [lo, hi];
  const [a, b] = points(ghost, cell, from, to);
  for (let i = a; i < b; i++) {
    const v = ghost.p99[i];
    if (v !== null) { lo = Math.min(lo ?? v, v); hi = Math.max(hi ?? v, v); }
  }
  return [lo, hi];
}

// share is how many of the ghost's requests were answered up to a moment of the stage.
export function share(ghost, cell, upto) {
  const [a, b] = points(ghost, cell, -Infinity, upto);
  let ok = 0, all = 0;
  for (let i = a; i < b; i++) { ok += ghost.ok[i] ?? 0; all += (ghost.ok[i] ?? 0) + (ghost.failed[i] ?? 0); }
  return all ? ok / all : null;
}

// line draws the ghost's p99, dotted, and is where its name goes; null where nothing is seen
// of it.
export function line(u, ghost, cell, name, { from, to, ink, tick, font }) {
  const g = u.ctx, px = devicePixelRatio, [a, b, by] = points(ghost, cell, from, to);
  const x = (i) => u.valToPos(Math.min(to, (i + 0.5) * ghost.point_s + by), "x", true), y = (v) => u.valToPos(v, "y", true);
  g.save();
  g.beginPath();
  g.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
  g.clip();
  g.strokeStyle = g.fillStyle = ink;
  g.lineWidth = Math.max(4, tick / 5) * px;
  g.lineCap = "round";
  g.setLineDash([0.1, 2.1 * g.lineWidth]);
  g.beginPath();
  let pen = false, last = -1;
  for (let i = a; i < b; i++) {
    const v = ghost.p99[i];
    if (v === null) { pen = false; continue; }
    if (pen) g.lineTo(x(i), y(v)); else g.moveTo(x(i), y(v));
    pen = true; last = i;
  }
  g.stroke();
  g.restore();
  if (last < 0) return null;
  // Its name stands behind its end where there is room, else in the corner above.
  const end = u.bbox.left + u.bbox.width, wide = u.bbox.width > 40 * tick * px;
  g.save();
  g.font = font;
  const room = end - x(last) - g.measureText(name).width;
  g.restore();
  if (room > tick * px) return { x: x(last) + 0.5 * tick * px, y: y(ghost.p99[last]), stroke: ink, label: name };
  return { x: x(last) - Math.max(0, tick * px - room), y: u.bbox.top + (wide ? 0.7 : 1.9) * tick * px, stroke: ink, label: name };
}
