// Commands to the server. What came of one is told by the server's messages; an answer only
// says that it was accepted, or why not.
const kept = { get: (k) => { try { return sessionStorage.getItem(k); } catch { return null; } }, set: (k, v) => { try { sessionStorage.setItem(k, v); } catch { /* nothing is kept then */ } } };

const token = new URLSearchParams(location.hash.slice(1)).get("token") ?? kept.get("showdown-token");
if (token) kept.set("showdown-token", token);
// A token is not to be seen on a projector.
if (location.hash.includes("token=")) history.replaceState(null, "", location.pathname + location.search);

// post gives a command: { ok, event } or { ok, code, error, hint }, code 0 without an answer.
export async function post(name, body) {
  let answer;
  try {
    answer = await fetch(`/api/v1/${name}`, {
      method: "POST", body: JSON.stringify(body), signal: AbortSignal.timeout(10000),
      headers: { "Content-Type": "application/json", ...(token ? { Authorization: `Bearer ${token}` } : {}) },
    });
  } catch (e) {
    return { ok: false, code: 0, error: "", hint: String(e.message ?? e) };
  }
  const said = await answer.json().catch(() => ({}));
  return answer.ok ? { ok: true, event: said.event } : { ok: false, code: answer.status, error: said.error ?? answer.statusText, hint: said.hint ?? "" };
}

// voter is who votes from this browser tab: a number that says nothing else.
export function voter() {
  const had = kept.get("showdown-voter");
  if (had) return had;
  // randomUUID is not there on a page without TLS.
  const id = [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
  kept.set("showdown-voter", id);
  return id;
}

export const remembered = kept;
