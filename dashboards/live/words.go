package live

import (
	"fmt"
	"math"
	"strings"

	"showdown"
)

// The weights of lines.
const (
	heavy  = "fault"
	notice = "notice"
	healed = "healed"
	info   = "info"
)

// languages are those that a line is written in.
const (
	english = "en"
	french  = "fr"
)

// line is an event in plain words; ok is false for one that a class need not read. The
// faults of c are as they are after the event.
func (c *cell) line(e showdown.Event) (Line, bool) {
	en, fr, weight := "", "", info
	say := func(w, e, f string, args ...any) {
		weight, en, fr = w, fmt.Sprintf(e, args...), fmt.Sprintf(f, args...)
	}
	who, data := e.Target, e.Data
	var f Fault
	for _, known := range c.faults {
		if known.Letter == e.Target {
			f = *known
		}
	}
	what := strings.TrimSpace(f.Action + " " + some(f.Targets))
	switch e.Kind {
	case showdown.LabUp:
		say(info, "the architecture is up", "l’architecture est en marche")
	case showdown.PhaseStarted:
		if _, rate, ok := replanned(e); ok {
			say(info, "traffic: %.0f requests/s from now on", "trafic : %.0f requêtes/s à partir de maintenant", rate)
		} else if n, ok := data["offered"].(float64); ok {
			say(info, "traffic: %s, %.0f requests/s", "trafic : %s, %.0f requêtes/s", who, n)
		}
	case showdown.CommandTaken:
		if data["command"] == "heal" {
			say(notice, "HEAL ALL", "TOUT RÉPARER")
		}
	case showdown.TrafficEnded:
		say(info, "the traffic is over", "le trafic est terminé")
	case showdown.FaultInjecting:
		say(heavy, "%s: %s", "%s : %s", f.Letter, what)
	case showdown.FaultConfirmed:
		if f.Evidence != "" {
			say(heavy, "%s: the probe confirms: %s", "%s : la sonde confirme : %s", f.Letter, short(f.Evidence))
		}
	case showdown.FaultUnconfirmed:
		say(heavy, "%s: the probe did not see it: %s", "%s : la sonde ne l’a pas vu : %s", f.Letter, short(f.Evidence))
	case showdown.FaultHealing:
		say(notice, "%s: undoing %s", "%s : annulation de %s", f.Letter, what)
	case showdown.FaultUndone:
		if f.FromS != nil {
			say(healed, "%s: %s is gone after %s", "%s : %s est terminé après %s", f.Letter, what, span(e.T-*f.FromS))
		}
	case showdown.FaultNotUndone:
		say(heavy, "%s: %s is STILL THERE", "%s : %s est TOUJOURS LÀ", f.Letter, what)
	case showdown.FaultFailed:
		say(heavy, "%s: %s could not be done: %s", "%s : %s n’a pas pu être fait : %s", f.Letter, what, short(f.Evidence))
	case showdown.FaultKilled:
		say(heavy, "%s ended by itself", "%s s’est arrêté", showdown.Text(data["instance"]))
	case showdown.TargetHealth:
		return c.health(e)
	case showdown.DNSHealth:
		if ok, _ := data["healthy"].(bool); ok {
			say(healed, "Route 53 finds %s healthy", "Route 53 trouve %s sain", who)
		} else {
			say(notice, "Route 53 finds %s unhealthy%s", "Route 53 trouve %s malade%s", who, c.after(e))
		}
	case showdown.ScalingActivity:
		if showdown.Text(data["status"]) == "InProgress" || showdown.Text(data["status"]) == "Failed" {
			say(notice, "Auto Scaling: %s", "Auto Scaling : %s", short(showdown.Text(data["description"])))
		}
	case showdown.ScalingAlarm:
		if showdown.Text(data["to"]) == "ALARM" {
			say(notice, "alarm: %s (%s)", "alarme : %s (%s)", who, showdown.Text(data["alarm"]))
		}
	case showdown.InstanceStatus:
		if showdown.Text(data["instance"]) == "impaired" || showdown.Text(data["system"]) == "impaired" {
			say(notice, "EC2’s status check finds %s impaired%s", "le contrôle d’état d’EC2 trouve %s défaillant%s", who, c.after(e))
		}
	case showdown.InstanceState:
		switch to := showdown.Text(data["to"]); {
		case showdown.Text(data["from"]) == "":
		case to == "stopped", to == "terminated":
			say(notice, "%s is %s", "%s : %s", who, to)
		case to == "running" && showdown.Text(data["from"]) == "pending":
			say(info, "%s runs, its system boots", "%s tourne, son système démarre", who)
		}
	case showdown.InstanceListening:
		if e.T > 0 {
			say(healed, "%s answers", "%s répond", who)
		}
	case showdown.InstanceModified:
		say(notice, "%s is now a %s", "%s est maintenant un %s", who, showdown.Text(data["type"]))
	case showdown.MachineLost, showdown.ProgramEnded:
		say(heavy, "%s ended, and nobody asked it to", "%s s’est arrêté sans qu’on le demande", who)
	case showdown.APIRefused:
		say(notice, "AWS refused %s: %s", "AWS refuse %s : %s", showdown.Text(data["operation"]), showdown.Text(data["code"]))
	case showdown.BalancerNode:
		if serves, _ := data["in_dns"].(bool); e.T > 0 && !serves {
			say(notice, "the balancer’s node %s is out of DNS: %s", "le nœud %s de l’équilibreur est hors du DNS : %s", who, showdown.Text(data["reason"]))
		} else if e.T > 0 {
			say(healed, "the balancer’s node %s is in DNS again", "le nœud %s de l’équilibreur est de retour dans le DNS", who)
		}
	case showdown.ZoneCapacity:
		if open, _ := data["open"].(bool); open {
			say(info, "launches work in %s again", "les lancements remarchent dans %s", who)
		} else {
			say(notice, "no launches in %s", "plus de lancements dans %s", who)
		}
	case showdown.DNSChange:
		if e.T > 0 && showdown.Text(data["status"]) == "INSYNC" {
			say(info, "DNS: %s changed", "DNS : %s a changé", who)
		}
	case showdown.ExperimentStopped, showdown.StageAborted:
		say(heavy, "stopped: %s", "arrêté : %s", showdown.Text(data["condition"]))
	case showdown.Interrupted:
		say(heavy, "interrupted: %s", "interrompu : %s", showdown.Text(data["reason"]))
	}
	return c.finished(e, weight, en, fr)
}

// health is what a balancer's node thinks of a target.
func (c *cell) health(e showdown.Event) (Line, bool) {
	node := showdown.Text(e.Data["node"])
	switch showdown.Text(e.Data["to"]) {
	case "unhealthy":
		after := c.after(e)
		return c.finished(e, notice, fmt.Sprintf("%s finds %s unhealthy%s", node, e.Target, after),
			fmt.Sprintf("%s trouve %s malade%s", node, e.Target, after))
	case "healthy":
		return c.finished(e, healed, fmt.Sprintf("%s finds %s healthy", node, e.Target), fmt.Sprintf("%s trouve %s sain", node, e.Target))
	}
	return Line{}, false
}

// after is how long after the fault on its target an event came: " (+41 s)"; empty without.
func (c *cell) after(e showdown.Event) string {
	for i := len(c.faults) - 1; i >= 0; i-- {
		f := c.faults[i]
		if !f.began() || f.Over() {
			continue
		}
		for _, t := range f.Targets {
			if t == e.Target {
				return " (+" + span(e.T-*f.FromS) + ")"
			}
		}
	}
	return ""
}

func (c *cell) finished(e showdown.Event, weight, en, fr string) (Line, bool) {
	if en == "" {
		return Line{}, false
	}
	return Line{
		T: e.T, LabS: c.lab(e.T).Seconds(), Cell: c.spec.Name, Kind: string(e.Kind), Weight: weight,
		Text: map[string]string{english: en, french: fr},
	}, true
}

// span is a length of AWS time: "41 s", "5 min 14 s".
func span(s float64) string {
	if math.Abs(s) < 10 {
		return fmt.Sprintf("%.1f s", s)
	}
	n := int(math.Round(s))
	switch {
	case n < 90:
		return fmt.Sprintf("%d s", n)
	case n%60 == 0:
		return fmt.Sprintf("%d min", n/60)
	}
	return fmt.Sprintf("%d min %d s", n/60, n%60)
}

// some is a list of names that stays short.
func some(names []string) string {
	if len(names) > 4 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:3], ", "), len(names)-3)
	}
	return strings.Join(names, ", ")
}

// short is a text that fits a line.
func short(s string) string {
	const most = 90
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
