package promql

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
)

// dashboard is what is looked at in a dashboard of Grafana's classic JSON.
type dashboard struct {
	UID    string
	Panels []struct {
		Title, Description, Type, Repeat string
		Datasource                       struct{ UID string }
		FieldConfig                      struct{ Defaults struct{ Unit string } }
		Targets                          []struct {
			RefID, Expr, LegendFormat string
			Datasource                struct{ UID string }
		}
	}
	Annotations struct {
		List []struct {
			Name, Expr, TitleFormat, TextFormat, TagKeys string
			Target                                       struct{ Expr string }
		}
	}
	Templating struct {
		List []struct {
			Name, Type, Definition string
			Current                struct{ Value any }
		}
	}
}

// CheckDashboard checks every query of a dashboard: those of panels, annotations and
// variables. It returns how many it parsed.
func (m Metrics) CheckDashboard(data []byte) (queries int, faults []string) {
	var d dashboard
	if err := json.Unmarshal(data, &d); err != nil {
		return 0, []string{err.Error()}
	}
	bad := func(where, format string, args ...any) {
		faults = append(faults, d.UID+": "+where+": "+fmt.Sprintf(format, args...))
	}
	// What Grafana puts in: the windows, one value for a choice, the first of a list.
	values := map[string]string{"__rate_interval": "1s", "__range": "15m"}
	for _, v := range d.Templating.List {
		values[v.Name] = "x"
		if s, ok := v.Current.Value.(string); ok && v.Type == "custom" {
			values[v.Name] = s
		}
	}
	check := func(where, expr string, texts ...string) {
		expr, err := substitute(expr, values)
		if err != nil {
			bad(where, "%v", err)
			return
		}
		queries++
		labels, found := m.Check(expr)
		for _, f := range found {
			bad(where, "%s, in %s", f, expr)
		}
		for _, text := range texts {
			for _, name := range inBraces(text) {
				if labels != nil && !labels[name] {
					bad(where, "%q asks for the label %s, and the result has %q", text, name, labels)
				}
			}
		}
	}
	for _, v := range d.Templating.List {
		if v.Type != "query" {
			continue
		}
		selector, label, err := labelValues(v.Definition)
		if err != nil {
			bad("variable "+v.Name, "%v", err)
			continue
		}
		check("variable "+v.Name, selector, "{{"+label+"}}")
	}
	for _, a := range d.Annotations.List {
		if a.Target.Expr == "" {
			continue
		}
		check("annotation "+a.Name, a.Target.Expr, a.TitleFormat, a.TextFormat, "{{"+strings.ReplaceAll(a.TagKeys, ",", "}}{{")+"}}")
		if a.Expr != a.Target.Expr {
			bad("annotation "+a.Name, "it has two queries")
		}
	}
	for _, p := range d.Panels {
		if p.Datasource.UID == "" || p.Description == "" || p.FieldConfig.Defaults.Unit == "" && p.Type != "text" {
			bad(p.Title, "data source, unit and description are all needed")
		}
		if _, known := values[p.Repeat]; p.Repeat != "" && !known {
			bad(p.Title, "it is repeated by %s, which is no variable", p.Repeat)
		}
		for _, t := range p.Targets {
			if t.Datasource.UID == "" {
				bad(p.Title, "query %s has no data source", t.RefID)
			}
			check(p.Title+" "+t.RefID, t.Expr, t.LegendFormat)
		}
	}
	return queries, faults
}

// substitute puts the values in for $name.
func substitute(expr string, values map[string]string) (string, error) {
	var missing error
	out := regexp.MustCompile(`\$\{?(\w+)\}?`).ReplaceAllStringFunc(expr, func(name string) string {
		v, ok := values[strings.Trim(name, "${}")]
		if !ok {
			missing = fmt.Errorf("%s is no variable of the dashboard", name)
		}
		return v
	})
	return out, missing
}

// inBraces are the names in {{ and }}.
func inBraces(text string) []string {
	var out []string
	for _, m := range regexp.MustCompile(`\{\{\s*(\w+)\s*\}\}`).FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	return out
}

// labelValues are the two parts of Grafana's label_values(selector, label).
func labelValues(definition string) (selector, label string, err error) {
	m := regexp.MustCompile(`^label_values\((.+),\s*(\w+)\)$`).FindStringSubmatch(definition)
	if m == nil {
		return "", "", fmt.Errorf("%q is no label_values(selector, label)", definition)
	}
	return m[1], m[2], nil
}

// CheckRules checks the expressions of a rule file, in order: what a recording rule
// records may be asked for by the rules after it.
func (m Metrics) CheckRules(data []byte) (rules int, faults []string) {
	var file struct {
		Groups []struct {
			Rules []struct {
				Record, Alert, Expr string
				Annotations         map[string]string
			}
		}
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		return 0, []string{err.Error()}
	}
	label := regexp.MustCompile(`\$labels\.(\w+)`)
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			rules++
			labels, found := m.Check(r.Expr)
			for _, f := range found {
				faults = append(faults, r.Record+r.Alert+": "+f)
			}
			if r.Record != "" {
				m[r.Record] = labels
			}
			for _, text := range r.Annotations {
				for _, name := range label.FindAllStringSubmatch(text, -1) {
					if !labels[name[1]] {
						faults = append(faults, fmt.Sprintf("%s: %q asks for the label %s, and the result has %q", r.Alert, text, name[1], labels))
					}
				}
			}
		}
	}
	if rules == 0 {
		faults = append(faults, "no rules")
	}
	return rules, faults
}
