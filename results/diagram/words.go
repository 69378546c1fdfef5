package diagram

import "fmt"

// words are the texts of a picture in one language.
type words struct {
	users, few, dns, elasticIP             string
	believes, frame, badge                 string
	address, records, alias, size, oneSize string
	reserved, shortReserved, failed        string
	belief, flows, someFail, mostFail      string
	states                                 map[State]string
	beliefs                                map[Belief]string
	balancer, terms                        map[string]string
}

// wordsIn is the words of a language; English for one that is not known.
func wordsIn(lang string) words {
	if lang == "fr" {
		return words{
			users: "utilisateurs", few: "usagers", dns: "Route 53", elasticIP: "IP élastique", believes: "l’équilibreur croit",
			frame: "cadre : l’état réel", badge: "pastille : ce que croit l’équilibreur",
			states: map[State]string{
				Up: "en marche", Degraded: "dégradé", Down: "en panne", Recovering: "en reprise", Off: "arrêté", Unknown: "inconnu",
			},
			beliefs:  map[Belief]string{Initial: "en attente", Healthy: "sain", Unhealthy: "malade", Draining: "en vidage", Unused: "hors service"},
			balancer: map[string]string{"application": "application", "classic": "classique"},
			terms:    map[string]string{"1y": "1 an", "3y": "3 ans"},
			records:  "%d adresses, TTL %s", address: "1 adresse, TTL %s", alias: "alias vers %s", size: "Auto Scaling %s, %d à %d", oneSize: "Auto Scaling %s, %d",
			reserved: "%d × %s réservées, %s", shortReserved: "%d réservées, %s", failed: "%.0f %% d’échecs",
			belief: "pastille : l’avis de l’équilibreur", flows: "épais : beaucoup de requêtes", someFail: "quelques échecs", mostFail: "surtout des échecs",
		}
	}
	return words{
		users: "users", dns: "Route 53", elasticIP: "elastic IP", believes: "the balancer believes",
		frame: "frame: what it is", badge: "badge: what the balancer believes",
		states: map[State]string{
			Up: "up", Degraded: "degraded", Down: "down", Recovering: "recovering", Off: "off", Unknown: "unknown",
		},
		beliefs:  map[Belief]string{Initial: "initial", Healthy: "healthy", Unhealthy: "unhealthy", Draining: "draining", Unused: "unused"},
		balancer: map[string]string{"application": "application", "classic": "classic"},
		terms:    map[string]string{"1y": "1 year", "3y": "3 years"},
		records:  "%d addresses, TTL %s", address: "1 address, TTL %s", alias: "alias of %s", size: "Auto Scaling %s, %d to %d", oneSize: "Auto Scaling %s, %d",
		reserved: "%d × %s reserved, %s", shortReserved: "%d reserved, %s", failed: "%.0f%% fail",
		belief: "badge: the balancer’s belief", flows: "thick: many requests", someFail: "some fail", mostFail: "most fail",
	}
}

// counts is "31 up, 2 down", in the order of the states.
func (w words) counts(of map[State]int) string {
	out := ""
	for _, s := range States() {
		if n := of[s]; n > 0 {
			if out != "" {
				out += ", "
			}
			out += fmt.Sprintf("%d %s", n, w.states[s])
		}
	}
	return out
}
