// How much goes over each way of a drawing, and how much of it fails, in a few steps that a
// room can tell apart.

// step is a share of all requests as a thickness: 0 is none, 4 most of them.
export const step = (share) => share <= 0 ? 0 : share <= 0.12 ? 1 : share <= 0.3 ? 2 : share <= 0.6 ? 3 : 4;

// fail is a share of errors as a colour and a dash.
export const fail = (errors) => errors <= 0 ? 0 : errors < 0.5 ? 1 : 2;

// paint gives the ways of a drawing their looks. Without flows nothing is known of them.
export function paint(drawing, flows) {
  const all = Math.max(0, ...Object.values(flows ?? {}).map((f) => f.rate));
  for (const way of drawing.querySelectorAll("[data-edges]")) {
    const parts = way.dataset.edges.split(" ").map((id) => flows?.[id]).filter(Boolean);
    const rate = parts.reduce((sum, f) => sum + f.rate, 0), bad = parts.reduce((sum, f) => sum + f.rate * f.errors, 0);
    way.dataset.flow = parts.length && all ? step(rate / all) : "";
    way.dataset.fail = parts.length && rate ? fail(bad / rate) : "";
  }
}

// measure tells a new drawing how large its text is, which is the unit of its ways.
export function measure(drawing) {
  for (const way of drawing.querySelectorAll("[data-unit]")) way.style.fontSize = `${way.dataset.unit}px`;
}
