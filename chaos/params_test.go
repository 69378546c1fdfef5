package chaos

import (
	"maps"
	"strings"
	"testing"

	"showdown"
)

func TestParametersAreParsed(t *testing.T) {
	with := func(pairs ...string) map[string]string {
		out := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			out[pairs[i]] = pairs[i+1]
		}
		return out
	}
	for _, c := range []struct {
		action string
		with   map[string]string
		count  int
		choice string
		names  map[string]string
		text   map[string]string // also what was left out
		err    string
	}{
		{action: "allocate-address", count: 1, text: with("count", "1")},
		{action: "allocate-address", with: with("count", "6"), count: 6, text: with("count", "6")},
		{action: "allocate-address", with: with("count", "0"), err: `count of allocate-address: "0" is not a count: write a whole number from 1 to 1000`},
		{action: "allocate-address", with: with("count", "2.5"), err: `"2.5" is not a count`},
		{action: "allocate-address", with: with("count", "99999"), err: `"99999" is not a count`},
		{action: "remove-instance", choice: "silence", text: with("leaves", "silence")},
		{action: "remove-instance", with: with("leaves", "refusal"), choice: "refusal", text: with("leaves", "refusal")},
		{action: "remove-instance", with: with("leaves", "refusla"), err: `unknown choice "refusla": did you mean "refusal"?`},
		{action: "remove-instance", with: with("leaves", "x"), err: `unknown choice "x": it is one of silence, refusal`},
		{action: "add-instance", with: with("name", "web-3"), names: with("name", "web-3"), text: with("name", "web-3")},
		{action: "add-instance", err: "add-instance needs name, the new instance's name"},
		{action: "cut", with: with("from", "web", "to", "db"), names: with("from", "web", "to", "db"), text: with("from", "web", "to", "db")},
		{action: "cut", with: with("from", "web"), err: "cut needs to, the other side"},
		{action: "remove-dns-record", names: with("host", "@"), text: with("host", "@")},
		{action: "change-security-group", with: with("group", "web", "revoke", "internet"), names: with("group", "web", "revoke", "internet"), text: with("group", "web", "revoke", "internet")},
		{action: "change-security-group", with: with("group", "web", "revoke", ""), err: "change-security-group needs revoke"},
		{action: "change-security-group", with: with("group", "web", "revok", "x"), err: `change-security-group has no parameter "revok": did you mean "revoke"?`},
	} {
		v, err := parseParams(showdown.Actions()[c.action], c.with)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s %v: error %v, want %q", c.action, c.with, err, c.err)
			}
			continue
		}
		if err != nil || v.count != c.count || v.choice != c.choice || !maps.Equal(v.names, c.names) || !maps.Equal(v.text, c.text) {
			t.Errorf("%s %v: %+v, error %v", c.action, c.with, v, err)
		}
	}
}
