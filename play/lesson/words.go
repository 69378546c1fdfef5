package lesson

import (
	"cmp"
	"fmt"
	"strings"

	"showdown"
)

// label is what stands on a button, in both languages of the page.
func label(step showdown.Step) map[string]string {
	with := func(name string) string { return step.With[name] }
	target, cible := string(step.Target), string(step.Target)
	if strings.HasPrefix(target, "one ") {
		target, cible = "one instance", "une instance"
	}
	en, fr := "", ""
	// The first of args is the target where there is one.
	say := func(e, f string, args ...any) {
		en = fmt.Sprintf(e, args...)
		if len(args) > 0 && args[0] == target {
			args = append([]any{cible}, args[1:]...)
		}
		fr = fmt.Sprintf(f, args...)
	}
	switch step.Do {
	case "stop-instance":
		say("stop %s", "arrêter %s", target)
	case "start-instance":
		say("start %s", "démarrer %s", target)
	case "resize-instance":
		say("resize %s to %s", "passer %s en %s", target, with("type"))
	case "modify-instance-type":
		say("make %s a %s while it runs", "changer %s en %s sans l’arrêter", target, with("type"))
	case "kill":
		say("kill %s", "tuer %s", target)
	case "hang":
		say("freeze %s", "geler %s", target)
	case "blackhole":
		say("cut %s off", "isoler %s", target)
	case "slow":
		say("slow down %s", "ralentir %s", target)
	case "cpu-steal":
		say("take CPU from %s", "prendre du CPU à %s", target)
	case "error-500":
		say("errors from %s", "erreurs de %s", target)
	case "deep-failure":
		say("break %s behind a good health check", "casser %s sous un contrôle de santé vert", target)
	case "spike":
		say("load × %s", "charge × %s", cmp.Or(with("factor"), "5"))
	case "add-instance":
		say("add %s", "ajouter %s", with("name"))
	case "remove-instance":
		say("terminate %s", "supprimer %s", target)
	case "allocate-address":
		say("ask for %s elastic IPs", "demander %s IP élastiques", cmp.Or(with("count"), "1"))
	case "remap-eip":
		say("move the elastic IP to %s", "déplacer l’IP élastique vers %s", with("to"))
	case "remove-dns-record":
		say("remove %s from DNS", "retirer %s du DNS", target)
	case "restore-dns-record":
		say("put %s back into DNS", "remettre %s dans le DNS", target)
	case "dns-fail":
		say("DNS fails (%s)", "panne DNS (%s)", cmp.Or(with("mode"), "servfail"))
	case "fail-az":
		say("%s fails", "panne de %s", with("zone"))
	case "fill-queue":
		say("fill the queue of %s", "remplir la file de %s", target)
	case "packet-delay":
		say("delay packets of %s", "retarder les paquets de %s", target)
	case "clock-skew":
		say("wrong clock on %s", "mauvaise heure sur %s", target)
	case "leak":
		say("memory leak on %s", "fuite de mémoire sur %s", target)
	case "cut":
		say("cut %s from %s", "couper %s de %s", with("from"), with("to"))
	case "change-security-group":
		say("change security group %s", "changer le groupe de sécurité %s", with("group"))
	case "tell-clients":
		say("tell the clients the addresses", "donner les adresses aux clients")
	case "az-slow":
		say("%s is slow", "%s est lente", with("zone"))
	case "cut-between-zones":
		say("cut %s from %s", "couper %s de %s", with("a"), with("b"))
	case "scale":
		say("scale %s to %s", "passer %s à %s", with("scaling_group"), with("desired"))
	case "instance-refresh":
		say("refresh %s to %s", "renouveler %s en %s", with("scaling_group"), with("type"))
	case "wrong-health-check":
		say("wrong health check of %s", "mauvais contrôle de santé de %s", with("target_group"))
	case "deregister":
		say("take %s out of the balancer", "retirer %s du répartiteur", target)
	case "remove-component":
		component := map[string]string{"route53": "Route 53", "elb": "ELB", "asg": "Auto Scaling"}[with("component")]
		say("without %s", "sans %s", cmp.Or(component, with("component")))
	default:
		text := strings.TrimSpace(step.Do + " " + target)
		say("%s", "%s", text)
	}
	return map[string]string{"en": en, "fr": fr}
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
		en, fr = fmt.Sprintf("hits the zone: %d of %d instances (%s)", n, all, names), fmt.Sprintf("touche la zone : %d instances sur %d (%s)", n, all, names)
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
