package promtest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"sort"
	"strings"
)

// PanelQuery is a query of a dashboard's panel, or of one of its annotations.
type PanelQuery struct {
	// Panel is the panel's title; Ref its letter in the panel.
	Panel, Ref string
	// Expr is the expression with the variables in it: see [Substitute].
	Expr string
}

// PanelQueries is every Prometheus query of a dashboard in Grafana's classic JSON.
func PanelQueries(dashboard []byte) ([]PanelQuery, error) {
	var d struct {
		Panels []struct {
			Title   string
			Targets []struct{ RefID, Expr string }
		}
		Annotations struct {
			List []struct {
				Name   string
				Target struct{ RefID, Expr string }
			}
		}
	}
	if err := json.Unmarshal(dashboard, &d); err != nil {
		return nil, fmt.Errorf("read dashboard: %w", err)
	}
	var out []PanelQuery
	for _, p := range d.Panels {
		for _, t := range p.Targets {
			out = append(out, PanelQuery{p.Title, t.RefID, t.Expr})
		}
	}
	for _, a := range d.Annotations.List {
		if a.Target.Expr != "" {
			out = append(out, PanelQuery{"annotation " + a.Name, a.Target.RefID, a.Target.Expr})
		}
	}
	return out, nil
}

// Substitute replaces the variables of an expression, each written as $name, as
// Grafana does before it sends it. A variable without a value is an error.
func Substitute(expr string, values map[string]string) (string, error) {
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	// The longest first: $run must not eat the front of $run_count.
	sort.Slice(names, func(i, j int) bool { return len(names[i]) > len(names[j]) })
	for _, name := range names {
		expr = strings.ReplaceAll(expr, "$"+name, values[name])
	}
	if left := regexp.MustCompile(`\$\{?\w+`).FindString(expr); left != "" {
		return "", fmt.Errorf("variable %s has no value", left)
	}
	return expr, nil
}
