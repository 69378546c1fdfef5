import { Charts } from "/page/charts.js";

const wide = 1920, high = 1080, edge = 48;
const plots = [["throughput", 178, 270], ["latency", 468, 330], ["strip", 818, 180]];

// saveFigure saves what the charts show as a picture of its own, whatever the size of the
// screen, and is its name.
export async function saveFigure(charts, { title, said, foot, name, captions }) {
  const stage = document.createElement("div"), els = {};
  stage.className = "figure-stage";
  for (const [what, , h] of plots) {
    els[what] = document.createElement(what === "strip" ? "canvas" : "div");
    els[what].style.width = `${wide - 2 * edge}px`;
    els[what].style.height = `${h}px`;
    els[what].style.display = "block";
    stage.append(els[what]);
  }
  document.body.append(stage);
  const copy = new Charts(els.throughput, els.latency, els.strip);
  copy.show(charts.hello, charts.cell, charts.words, charts.clock, charts.other);
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))); // the lines are drawn after this
  copy.draw(true);
  await Promise.resolve();
  const out = document.createElement("canvas");
  out.width = wide; out.height = high;
  const g = out.getContext("2d"), c = copy.colors;
  const text = (s, y, px, ink, bold) => {
    g.fillStyle = ink;
    g.textBaseline = "alphabetic";
    g.font = `${bold ? "bold " : ""}${px}px "Liberation Sans", Arimo, Arial, sans-serif`;
    g.fillText(s, edge, y, wide - 2 * edge);
  };
  g.fillStyle = c.paper;
  g.fillRect(0, 0, wide, high);
  text(title, 66, 46, c.text, true);
  text(said, 122, 32, c.muted);
  const pictures = { throughput: copy.rates.ctx.canvas, latency: copy.times.ctx.canvas, strip: els.strip };
  for (const [what, y, h] of plots) {
    g.drawImage(pictures[what], edge, y, wide - 2 * edge, h);
    g.font = 'bold 28px "Liberation Sans", Arimo, Arial, sans-serif';
    const x = edge + copy.left + 6, size = g.measureText(captions[what]).width;
    g.fillStyle = c.paper;
    g.fillRect(x - 6, y - 4, size + 12, 36);
    g.fillStyle = c.text;
    g.textBaseline = "top";
    g.fillText(captions[what], x, y);
  }
  text(foot, high - 24, 24, c.muted);
  copy.close();
  stage.remove();
  const blob = await new Promise((done) => out.toBlob(done, "image/png"));
  const a = document.createElement("a"), url = URL.createObjectURL(blob);
  a.href = url;
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
  return name;
}

// figureName is that of a file: showdown-<run>-<clock>.png.
export const figureName = (run, clock) => `showdown-${run || "run"}-${clock}`.replace(/[^A-Za-z0-9-]+/g, "-") + ".png";
