package lesson

import (
	"fmt"
	"strings"

	"showdown"
)

// phrase is what stands on the button of an action: a form in each language, and the
// parameters that it is filled with; "target" is whom it hits.
type phrase struct {
	en, fr string
	of     []string
}

// phrases are those of the actions.
func phrases() map[string]phrase {
	on := []string{"target"}
	return map[string]phrase{
		"stop-instance":         {"stop %s", "arrêter %s", on},
		"start-instance":        {"start %s", "démarrer %s", on},
		"resize-instance":       {"resize %s to %s", "passer %s en %s", []string{"target", "type"}},
		"modify-instance-type":  {"make %s a %s while it runs", "changer %s en %s sans l’arrêter", []string{"target", "type"}},
		"kill":                  {"kill %s", "tuer %s", on},
		"hang":                  {"freeze %s", "geler %s", on},
		"blackhole":             {"cut %s off", "isoler %s", on},
		"slow":                  {"slow down %s", "ralentir %s", on},
		"cpu-steal":             {"take CPU from %s", "prendre du CPU à %s", on},
		"error-500":             {"errors from %s", "erreurs de %s", on},
		"deep-failure":          {"break %s behind a good health check", "casser %s sous un contrôle de santé vert", on},
		"fill-queue":            {"fill the queue of %s", "remplir la file de %s", on},
		"packet-delay":          {"delay packets of %s", "retarder les paquets de %s", on},
		"clock-skew":            {"wrong clock on %s", "mauvaise heure sur %s", on},
		"leak":                  {"memory leak on %s", "fuite de mémoire sur %s", on},
		"spike":                 {"load × %s", "charge × %s", []string{"factor"}},
		"add-instance":          {"add %s", "ajouter %s", []string{"name"}},
		"remove-instance":       {"terminate %s", "supprimer %s", on},
		"tell-clients":          {"tell the clients the addresses", "donner les adresses aux clients", nil},
		"allocate-address":      {"ask for %s elastic IPs", "demander %s IP élastiques", []string{"count"}},
		"remap-eip":             {"move the elastic IP to %s", "déplacer l’IP élastique vers %s", []string{"to"}},
		"remove-dns-record":     {"remove %s from DNS", "retirer %s du DNS", on},
		"restore-dns-record":    {"put %s back into DNS", "remettre %s dans le DNS", on},
		"dns-fail":              {"DNS fails (%s)", "panne DNS (%s)", []string{"mode"}},
		"cut":                   {"cut %s from %s", "couper %s de %s", []string{"from", "to"}},
		"change-security-group": {"change security group %s", "changer le groupe de sécurité %s", []string{"group"}},
		"fail-az":               {"%s fails", "panne de %s", []string{"zone"}},
		"az-slow":               {"%s is slow", "%s est lente", []string{"zone"}},
		"cut-between-zones":     {"cut %s from %s", "couper %s de %s", []string{"a", "b"}},
		"scale":                 {"scale %s to %s", "passer %s à %s", []string{"scaling_group", "desired"}},
		"instance-refresh":      {"refresh %s to %s", "renouveler %s en %s", []string{"scaling_group", "type"}},
		"wrong-health-check":    {"wrong health check of %s", "mauvais contrôle de santé de %s", []string{"target_group"}},
		"deregister":            {"take %s out of the balancer", "retirer %s de l’équilibreur", on},
		"remove-component":      {"without %s", "sans %s", []string{"component"}},
	}
}

// label is what stands on a button, in both languages of the page.
func label(step showdown.Step) map[string]string {
	p, ok := phrases()[step.Do]
	if !ok {
		text := strings.TrimSpace(step.Do + " " + string(step.Target))
		return map[string]string{"en": text, "fr": text}
	}
	var en, fr []any
	for _, name := range p.of {
		e, f := value(step, name)
		en, fr = append(en, e), append(fr, f)
	}
	return map[string]string{"en": fmt.Sprintf(p.en, en...), "fr": fmt.Sprintf(p.fr, fr...)}
}

// value is a parameter of a step as a button says it, in English and in French.
func value(step showdown.Step, name string) (en, fr string) {
	if name == "target" {
		if strings.HasPrefix(string(step.Target), "one ") {
			return "one instance", "une instance"
		}
		return string(step.Target), string(step.Target)
	}
	v := step.With[name]
	for _, p := range showdown.Actions()[step.Do].Params {
		if p.Name == name && v == "" {
			v = p.Default
		}
	}
	if part, ok := map[string]string{"route53": "Route 53", "elb": "ELB", "asg": "Auto Scaling"}[v]; ok {
		v = part
	}
	return v, v
}

// blast says whom a button hits.
func blast(c *showdown.Cell, step showdown.Step, hits []string) map[string]string {
	n, all := len(hits), len(c.Topology.AllInstances())
	names := strings.Join(hits, ", ")
	if n > 4 {
		names = strings.Join(hits[:3], ", ") + fmt.Sprintf(" +%d", n-3)
	}
	en, fr := "", ""
	target := string(step.Target)
	switch {
	case step.Do == "spike":
		en, fr = "hits everybody: the clients send more", "touche tout le monde : les clients envoient plus"
	case step.Do == "dns-fail":
		en, fr = "hits whoever asks for the name", "touche qui demande le nom"
	case step.With["zone"] != "":
		en, fr = fmt.Sprintf("hits the zone: %s, %d of %d", names, n, all), fmt.Sprintf("touche la zone : %s, %d sur %d", names, n, all)
	case showdown.Actions()[step.Do].Repairs:
		en, fr = "hits nobody", "ne touche personne"
	case step.With["scaling_group"] != "":
		en, fr = "hits the group "+step.With["scaling_group"], "touche le groupe "+step.With["scaling_group"]
	case n == 0:
		en, fr = "hits the whole architecture", "touche toute l’architecture"
	case strings.HasPrefix(target, "one "):
		en, fr = fmt.Sprintf("hits 1 of %d instances, whichever", n), fmt.Sprintf("touche 1 instance sur %d, au hasard", n)
	case n > 1 && target != "all":
		en, fr = fmt.Sprintf("hits one or some of %s", names), fmt.Sprintf("touche une partie de %s", names)
	case n == all && n == 1:
		en, fr = fmt.Sprintf("hits %s, the only instance", names), fmt.Sprintf("touche %s, la seule instance", names)
	case n == 1:
		en, fr = fmt.Sprintf("hits %s, 1 of %d instances", names, all), fmt.Sprintf("touche %s, 1 instance sur %d", names, all)
	default:
		en, fr = fmt.Sprintf("hits %s, %d of %d instances", names, n, all), fmt.Sprintf("touche %s, %d instances sur %d", names, n, all)
	}
	return map[string]string{"en": en, "fr": fr}
}
