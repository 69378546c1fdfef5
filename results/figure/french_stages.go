package figure

// frenchStages is the French of the figures that set stages beside each other: F5, F8, F9
// and F12.
var frenchStages = map[string]string{
	"There is no architecture to show: the record does not say what was built.": "Pas d’architecture à montrer : l’enregistrement ne dit pas ce qui a été construit.",
	"Prices are dollars a month of 730 hours.":                                  "Prix en dollars par mois de 730 heures.",
	"%d servers":        "%d serveurs",
	"From %s to %s":     "D’abord %s, à la fin %s",
	"%s come within %s": "%s arrivent en %s",
	"%s come within nearly the same time everywhere: %s to %s":       "%s arrivent presque aussi vite partout : de %s à %s",
	"%s come within %s in %s, within %s in %s":                       "%s arrivent en %s pour %s, en %s pour %s",
	"Half of the answers":                                            "La moitié des réponses",
	"19 of 20 answers":                                               "19 réponses sur 20",
	"99 of 100 answers":                                              "99 réponses sur 100",
	"%s, no difference seen":                                         "%s, aucune différence vue",
	"Bold is what is new or another one than in the picture before.": "En gras : ce qui est nouveau ou différent de l’image précédente.",
	"Bold is what is new or another one than in the first picture.":  "En gras : ce qui est nouveau ou différent de la première image.",
	"at first the same in %s":                                        "au départ la même pour %s",
	"%s (%s)":                                                        "%s (%s)",
	"the same in %s":                                                 "la même pour %s",
	"%d architectures side by side":                                  "%d architectures côte à côte",
	"%d architectures side by side, for %s to %s":                    "%d architectures côte à côte, de %s à %s",
	"More nines for less money: %s":                                  "Plus de neufs pour moins d’argent : %s",
	"No step is seen to make the service more available; what costs more: %s": "Aucune étape ne rend visiblement le service plus disponible ; coûte plus : %s",
	"From %s of the requests for %s to %s for %s":                             "De %s des requêtes pour %s à %s pour %s",
	"%s answers %s of its requests for %s, %s %s for %s":                      "%s répond à %s de ses requêtes pour %s, %s à %s pour %s",
	"one server":     "un serveur",
	"%s in %d zones": "%s dans %d zones",
	"%s at %s":       "%s à %s",

	"There is no scorecard: pillars are compared along the stages of a journey.": "Pas de tableau de bord : les piliers se comparent le long des étapes d’un parcours.",
	"There is no scorecard: no pillar was measured.":                             "Pas de tableau de bord : aucun pilier n’a été mesuré.",
	"Each stage beside the one before it, by the pillars of AWS Well-Architected. A small line names what decided where it is not the number shown; – was not measured.": "Chaque étape face à la précédente, selon les piliers d’AWS Well-Architected. Une petite ligne dit ce qui a décidé quand ce n’est pas le nombre montré ; – : non mesuré.",
	"One stage alone has nothing to be compared with":        "Une étape seule ne se compare à rien",
	"No pillar changes over %d steps":                        "Aucun pilier ne change en %d passages",
	"In %d steps %s gets better %d times, and nothing worse": "En %d passages, %s : %d fois mieux, et rien de pire",
	"In %d steps %s gets worse %d times, and nothing better": "En %d passages, %s : %d fois pire, et rien de mieux",
	"In %d steps %s gets better %d times, %s worse %d times": "En %d passages, %s : %d fois mieux ; %s : %d fois pire",
	"%s for a million good requests":                         "%s par million de bonnes réponses",

	"There is no latency to compare: no request was answered well.": "Pas de latence à comparer : aucune requête n’a reçu de bonne réponse.",
	"Service time of good answers: failures are not in it.":         "Temps de service des bonnes réponses, sans les échecs.",
	"A hollow sign has fewer than ten answers beyond it.":           "Un signe creux a moins de dix réponses au-delà.",
	"Bars are the spread over repeated runs.":                       "Les barres sont l’étendue sur des exécutions répétées.",

	"p50: half wait less":                     "p50 : la moitié attend moins",
	"p95: 19 of 20":                           "p95 : 19 sur 20",
	"p99: 99 of 100":                          "p99 : 99 sur 100",
	"milliseconds, each step the same factor": "millisecondes, échelle logarithmique",

	"There is no cost to compare: the record has no bill, or no request.":                                          "Pas de coût à comparer : l’enregistrement n’a pas de facture, ou pas de requête.",
	"A nine is a tenth of the failures: 90 %, 99 %, 99.9 % are one, two, three.":                                   "Un neuf de plus, c’est dix fois moins d’échecs : 90 %, 99 %, 99,9 % en ont un, deux, trois.",
	"Bars are what chance alone allows (95 %, Wilson); failures come in rows, so repeated runs would differ more.": "Les barres sont ce que permet le seul hasard (95 %, Wilson) ; les échecs viennent en série, donc des exécutions répétées différeraient plus.",
	"Availability is that of the reference window, in which one server fails.":                                     "La disponibilité est celle de la fenêtre de référence, où un serveur tombe.",
	"%s, fewer nines":   "%s, moins de neufs",
	"%s and more nines": "%s et plus de neufs",
	"%s a nine":         "%s par neuf",
	"dollars a month":   "dollars par mois",
	"%s: no failure":    "%s : aucun échec",
	"availability, each tenth of the failures one step up": "disponibilité : un cran de plus, dix fois moins d’échecs",
	"%s costs %s and answers %s of the requests":           "%s coûte %s et répond à %s des requêtes",
	"An extra nine costs %s a month in %s":                 "Un neuf de plus coûte %s par mois avec %s",
	"An extra nine costs %s a month in %s, %s in %s":       "Un neuf de plus coûte %s par mois avec %s, %s avec %s",
}

// frenchTerms is the French of words that are data: pillars, comparisons, indicators.
var frenchTerms = map[string]string{
	"better":                           "mieux",
	"worse":                            "pire",
	"same":                             "pareil",
	"unknown":                          "inconnu",
	"operational excellence":           "excellence opérationnelle",
	"security":                         "sécurité",
	"reliability":                      "fiabilité",
	"performance efficiency":           "efficacité des performances",
	"cost optimization":                "optimisation des coûts",
	"sustainability":                   "durabilité",
	"operator actions":                 "actions d’un opérateur",
	"actions by the group":             "actions du groupe",
	"automated share":                  "part automatisée",
	"instances reachable from outside": "instances joignables de l’extérieur",
	"instances with a public address":  "instances avec une adresse publique",
	"lost while a zone fails":          "perdu, zone en panne",
	"availability":                     "disponibilité",
	"time to repair":                   "temps de réparation",
	"requests/s held for ever":         "requêtes/s tenues sans fin",
	"p99 while calm":                   "p99 au calme",
	"served at the highest load":       "servi à la charge la plus haute",
	"goodput at the highest load":      "débit utile à la charge la plus haute",
	"a month":                          "par mois",
	"a million good requests":          "un million de bonnes réponses",
	"idle":                             "inutilisé",
	"idle capacity":                    "capacité inutilisée",
	"USD":                              "dollars",
	"vCPU-hours":                       "heures de vCPU",
	"lost":                             "perdu",
	"longest outage":                   "plus longue panne",
}

// term is a word of the data in the language; one that is not known stays as it is.
func (l Lang) term(english string) string {
	if french, ok := frenchTerms[english]; ok && l == French {
		return french
	}
	return english
}
