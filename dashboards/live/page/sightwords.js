// What drawings, ghost, card and figure say, in each language of the page.
const table = {
  en: {
    before_p99: (name) => `before: p99 of ${name}`, earlier: "earlier", unknownYet: "not over yet", none: "none", nobodyFelt: "nobody felt it",
    compare: "The stage before, and this one", previous: "before", current: "now", measure: { availability: "answered so far", failed: "failed requests", outage: "longest outage", recovery: "users felt the last fault for", cost: "a month" },
    promises: "This one promises", cure: "It is to cure", closes: "any key closes this, V shows it again",
    notplayed: "not played yet", saved: (name) => `saved as ${name}`, speedOf: (n) => `${n} AWS s in a second`,
    failures: (n) => `✕ ${n}`, seeds: "times are AWS’s", ended: "■ ENDED",
    most: "MOST FAIL", steps: { "labs coming up": "STARTING", "waiting for the steady state": "WARMING UP", healing: "HEALING", "analysing the record": "ANALYSING" },
    help: { B: "two cells beside each other, or one", V: "compare with the stage before", S: "save the charts as a picture" },
  },
  fr: {
    before_p99: (name) => `avant : p99 de ${name}`, earlier: "avant", unknownYet: "encore en cours", none: "aucune", nobodyFelt: "personne ne l’a senti",
    compare: "L’étape d’avant, et celle-ci", previous: "avant", current: "maintenant", measure: { availability: "servies jusqu’ici", failed: "requêtes en échec", outage: "plus longue panne", recovery: "dernière panne ressentie", cost: "par mois" },
    promises: "Celle-ci promet", cure: "Elle doit guérir", closes: "une touche ferme, V montre à nouveau",
    notplayed: "pas encore jouée", saved: (name) => `enregistré : ${name}`, speedOf: (n) => `${n} s AWS par seconde`,
    failures: (n) => `✕ ${n}`, seeds: "heures d’AWS", ended: "■ FINI",
    most: "SURTOUT DES ÉCHECS", steps: { "labs coming up": "DÉMARRAGE", "waiting for the steady state": "MISE EN ROUTE", healing: "REMISE EN ÉTAT", "analysing the record": "ANALYSE" },
    help: { B: "deux cellules côte à côte, ou une", V: "comparer avec l’étape d’avant", S: "enregistrer les courbes" },
  },
};

// withSight adds these words to those of the page, under a name of their own.
export function withSight(words, lang) {
  const sight = table[lang] ?? table.en;
  return { ...words, sight, help: { ...words.help, ...sight.help } };
}
