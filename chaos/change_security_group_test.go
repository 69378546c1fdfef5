package chaos

import (
	"strings"
	"testing"

	"showdown"
)

func changeSecurityGroupExamples() []example {
	return []example{{
		do: "change-security-group", with: []string{"group", "back", "revoke", "internet"},
		faked:    map[string]any{"met": "internet to web-2 silent", "met_before": "internet to web-2 answered", "established_goes_on": true},
		evidence: "internet to web-2 silent; before: internet to web-2 answered; open connection: answered 200",
		facts:    func(f, _ map[string]any) bool { return f["established_goes_on"] == true },
	}, {
		do: "change-security-group", with: []string{"group", "front", "authorize", "back"},
		faked:    map[string]any{"met": "web-2 to web-1 answered", "met_before": "web-2 to web-1 silent"},
		evidence: "web-2 to web-1 answered; before: web-2 to web-1 silent",
	}}
}

// TestRuleThatIsNotThere is refused, and nothing is put back in the end.
func TestRuleThatIsNotThere(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		e := w.experiment(nil, act("A", minute, "change-security-group", "", 0, "group", "front", "revoke", "back"))
		if err := e.Run(t.Context(), w.zero); err != nil {
			t.Fatal(err)
		}
		if why := w.event("A", showdown.FaultFailed).Data["error"].(string); !strings.Contains(why, "InvalidPermission.NotFound") {
			t.Errorf("error %q", why)
		}
		if err := e.Rollback(t.Context()); err != nil {
			t.Error(err)
		}
		if w.count("authorize front back") > 0 {
			t.Error("a rule was put in that was never there")
		}
		w.healthy()
	})
}

// TestAnotherRuleStillLetsIn: the union of the rules is what counts, and what is met
// agrees with it.
func TestAnotherRuleStillLetsIn(t *testing.T) {
	bubble(t, func(t *testing.T, w *world) {
		w.rules.let["back"] = append(w.rules.let["back"], "web-1")
		e := w.experiment(nil, act("A", minute, "change-security-group", "", minute, "group", "back", "revoke", "front"))
		if err := e.Run(t.Context(), w.zero); err != nil {
			t.Fatal(err)
		}
		facts := w.event("A", showdown.FaultConfirmed).Data["facts"].(map[string]any)
		if facts["met"] != "web-1 to web-2 answered" {
			t.Errorf("facts %v", facts)
		}
		if err := e.Rollback(t.Context()); err != nil {
			t.Error(err)
		}
		w.healthy()
	})
}
