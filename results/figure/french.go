package figure

// frenchTables are the French of every text of [Lang.say], by its English. A text's
// arguments are the same and in the same order.
func frenchTables() []map[string]string {
	return []map[string]string{frenchKit, frenchFigures, frenchStages}
}

// frenchKit is what all figures share.
var frenchKit = map[string]string{
	"%s and %s":                      "%s et %s",
	"%s to %s":                       "%s à %s",
	"%s and %d more":                 "%s et %d autres",
	"%s: %s":                         "%s : %s",
	"; ":                             " ; ",
	"seconds":                        "secondes",
	"minutes":                        "minutes",
	"hours":                          "heures",
	"AWS seconds":                    "secondes AWS",
	"AWS minutes":                    "minutes AWS",
	"AWS hours":                      "heures AWS",
	"n\u00a0=\u00a0%s\u00a0requests": "n\u00a0=\u00a0%s\u00a0requêtes",
	"speed\u00a0%s":                  "vitesse\u00a0%s",
	"host\u00a0%s":                   "machine\u00a0%s",
	"seed\u00a0%s":                   "graine\u00a0%s",
	"run\u00a0%s":                    "exécution\u00a0%s",
	"Stage %s":                       "L’étape %s",
	"Run %s":                         "L’exécution %s",
	"Cell %s":                        "La cellule %s",
	"answered":                       "répondu",
	"some fail":                      "échecs partiels",
	"nobody is answered":             "personne n’a de réponse",
	"no request":                     "aucune requête",
	"lost":                           "perdu",
	"longest outage":                 "plus longue panne",
	"Each row is the reference window of its stage.":       "Chaque ligne est la fenêtre de référence de son étape.",
	"Without a reference window, and so not compared: %s.": "Sans fenêtre de référence, donc non comparé : %s.",
}

// frenchFigures is what the figures say one by one.
var frenchFigures = map[string]string{
	"There is no availability to show: no request was recorded.": "Pas de disponibilité à montrer : aucune requête n’a été enregistrée.",
	"A cell is %s; some fail where less than %s were answered well. Lost is the failed share added up over time; an outage is a time in which nobody was answered.": "Une case dure %s ; échecs partiels : moins de %s de bonnes réponses. Perdu : la part d’échecs cumulée dans le temps ; panne : durée sans aucune réponse.",
	"Every request was answered well":                                            "Chaque requête a reçu une bonne réponse",
	"No request failed in any of %d":                                             "Aucun échec dans aucune des %d",
	"Nobody was answered for %s at worst; %s of the requests were answered well": "Au pire, personne n’a eu de réponse pendant %s ; %s des requêtes ont reçu une bonne réponse",
	"There was no outage, but only %s of the requests were answered well":        "Pas de panne totale, mais seulement %s des requêtes ont reçu une bonne réponse",
	"%s loses %s of its requests, %s %s":                                         "%s perd %s de ses requêtes, %s %s",
	"%s loses %s, %s %s":                                                         "%s perd %s, %s %s",
	"%s for %s":                                                                  "%s pendant %s",
	"nothing":                                                                    "rien",
	"%s of its requests":                                                         "%s de ses requêtes",
}
