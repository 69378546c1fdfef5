// What the page says, in each of its languages.
import { desk } from "/page/deskwords.js";

const table = {
  en: {
    architecture: "Architecture", felt: "What users feel now", availability: "answered", goodput: "good answers/s", failed: "failed requests",
    charts: "The last two minutes", throughput: "requests/s: good and failed, offered as a line", latency: "latency of good answers, ms", strip: "answered",
    told: "What happened", desk: "Presenter", position: "position", keys: "Keys", close: "close",
    up: "UP", degraded: "SOME FAIL", down: "DOWN", unknown: "NO DATA", idle: "WAITING", over: "OVER",
    live: "● LIVE", replay: "▶ REPLAY", paused: "❚❚ PAUSED", frozen: "charts frozen", month: "a month", play: "play", pause: "pause",
    lost: "no word from the server; trying again. What is shown is old.", late: (ms) => `generator ${ms} ms late: latencies are unreliable`,
    before: "Before", cures: "It cures", after: "After", base: "base", speed: (n) => `${n} AWS s/s`, started: "being injected", seen: "not confirmed yet",
    notseen: "the probe did not see it", still: "STILL THERE", since: (s) => `for ${s}`,
    noticed: (who, s) => `${who} noticed after ${s}`, nobody: "nobody noticed yet", users: (n) => `${n} requests failed`, healing: "being undone",
    unnoticed: "no request failed", self: (s) => `SELF-HEALED in ${s}, before the repair`, repaired: (s) => `users failed for ${s}, until the repair`,
    again: (s) => `users are served again after ${s}`, failedAction: "could not be done", offered: "offered", lab: "here",
    who: { balancer: "the balancer", "status check": "EC2’s status check" },
    help: { T: "light or dark", F: "full screen", "Space": "freeze the charts", C: "next cell", P: "pause or play the replay", "← →": "stage before, stage after", "J  L": "replay: a minute back, a minute on", "−  +": "replay: slower, faster", G: "English or French", "?": "this help" },
  },
  fr: {
    architecture: "Architecture", felt: "Ce que vivent les utilisateurs", availability: "servies", goodput: "bonnes réponses/s", failed: "requêtes en échec",
    charts: "Les deux dernières minutes", throughput: "requêtes/s : bonnes et en échec, la charge en trait", latency: "latence des bonnes réponses, ms", strip: "servies",
    told: "Ce qui s’est passé", desk: "Présentateur", position: "position", keys: "Touches", close: "fermer",
    up: "EN MARCHE", degraded: "ÉCHECS PARTIELS", down: "EN PANNE", unknown: "RIEN DE CONNU", idle: "EN ATTENTE", over: "TERMINÉ",
    live: "● EN DIRECT", replay: "▶ REDIFFUSION", paused: "❚❚ PAUSE", frozen: "courbes figées", month: "par mois", play: "lire", pause: "pause",
    lost: "plus de nouvelles du serveur ; nouvel essai. Ce qui est affiché est ancien.", late: (ms) => `générateur en retard de ${ms} ms : latences peu fiables`,
    before: "Avant", cures: "Ce que cela guérit", after: "Après", base: "base", speed: (n) => `${n} s AWS/s`, started: "en cours d’injection", seen: "pas encore confirmé",
    notseen: "la sonde ne l’a pas vu", still: "TOUJOURS LÀ", since: (s) => `depuis ${s}`,
    noticed: (who, s) => `${who} l’a remarqué après ${s}`, nobody: "personne ne l’a encore remarqué", users: (n) => `${n} requêtes en échec`, healing: "en cours d’annulation",
    unnoticed: "aucune requête en échec", self: (s) => `GUÉRI SEUL en ${s}, avant la réparation`, repaired: (s) => `échecs pendant ${s}, jusqu’à la réparation`,
    again: (s) => `servis de nouveau après ${s}`, failedAction: "n’a pas pu être fait", offered: "charge", lab: "ici",
    who: { balancer: "l’équilibreur", "status check": "le contrôle d’état d’EC2" },
    help: { T: "clair ou sombre", F: "plein écran", "Espace": "figer les courbes", C: "cellule suivante", P: "pause ou lecture", "← →": "étape précédente, suivante", "J  L": "une minute en arrière, en avant", "−  +": "plus lent, plus vite", G: "anglais ou français", "?": "cette aide" },
  },
};

export const languages = Object.keys(table);
export const words = (lang) => {
  const l = lang in table ? lang : "en";
  return { ...table[l], ...desk[l], desk: table[l].desk, help: { ...table[l].help, ...desk[l].help } };
};

// span is a length of AWS time in words: "41 s", "5 min 14 s".
export function span(s) {
  if (Math.abs(s) < 10) return `${s.toFixed(1)} s`;
  const n = Math.round(s);
  if (n < 90) return `${n} s`;
  return n % 60 ? `${Math.floor(n / 60)} min ${n % 60} s` : `${n / 60} min`;
}

// clock is a moment of AWS time: "05:31", "1:05:31".
export function clock(s) {
  const n = Math.max(0, Math.floor(s)), two = (v) => String(v).padStart(2, "0");
  const h = Math.floor(n / 3600);
  return (h ? `${h}:` : "") + `${two(Math.floor(n / 60) % 60)}:${two(n % 60)}`;
}
