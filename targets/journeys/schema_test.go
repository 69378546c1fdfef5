package journeys

import (
	"bytes"
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/invopop/jsonschema"
	validator "github.com/santhosh-tekuri/jsonschema/v6"

	"showdown"
)

var update = flag.Bool("update", false, "write the goldens")

// reflectSchema makes the schema from the root package's types and their comments.
func reflectSchema(t *testing.T) []byte {
	t.Helper()
	r := jsonschema.Reflector{
		FieldNameTag:               "yaml",
		Anonymous:                  true,
		RequiredFromJSONSchemaTags: true,
		Mapper:                     mapType,
		CommentMap:                 rootComments(t),
	}
	s := r.Reflect(&showdown.Stage{})
	s.Title = "showdown stage"
	s.Description = "A stage of a journey, version 1: what is built, what users do, what breaks, and what is claimed about it."
	ownSchema(t, &r, s)
	for name, required := range map[string][]string{
		"Stage": {"version", "journey", "stage", "title", "cells"}, "Request": {"name"}, "Cell": {"name", "traffic"},
		"Topology": nil, "Instance": {"name", "type"}, "SecurityGroup": {"name"}, "SecurityRule": {"from"}, "Traffic": {"phases"}, "Phase": {"name"},
		"Cohort": {"name", "share"}, "Step": {"letter", "do"}, "Repeat": {"times", "every"}, "Reference": {"fault", "length"}, "Claim": {"id", "text", "expect"},
		"HostedZone": {"name", "records"}, "RecordSet": {"name"},
		"LoadBalancer": {"name"}, "Forward": {"target_group"}, "AutoScalingGroup": {"name", "template", "min", "max"},
		"Gate": {"expect"}, "Abort": {"if"},
		"ScalingPolicy": {"name", "type"}, "ScalingStep": {"adjustment"}, "ScheduledAction": {"name", "at"},
	} {
		def, ok := s.Definitions[name]
		if !ok {
			t.Fatalf("the schema has no definition %s", name)
		}
		def.Required = required
	}
	orText(s)
	describeRunning(s)
	// A topology is made of either or both.
	s.Definitions["Topology"].AnyOf = []*jsonschema.Schema{{Required: []string{"instances"}}, {Required: []string{"auto_scaling_groups"}}}
	property := func(def, name string) *jsonschema.Schema {
		p, ok := s.Definitions[def].Properties.Get(name)
		if !ok {
			t.Fatalf("the schema has no property %s.%s", def, name)
		}
		return p
	}
	property("Stage", "version").Const = showdown.FormatVersion
	for _, name := range []string{"letter", "during", "after"} {
		property("Step", name).Pattern = letterPattern.String()
	}
	times := property("Repeat", "times")
	times.Minimum, times.Maximum = json.Number(strconv.Itoa(minTimes)), json.Number(strconv.Itoa(maxTimes))
	for _, p := range []*jsonschema.Schema{
		property("Stage", "journey"), property("Stage", "stage"), property("Cell", "name"), property("Instance", "name"),
		property("Instance", "role"), property("Phase", "name"), property("Cohort", "name"),
		property("SecurityGroup", "name"), property("LoadBalancer", "name"), property("TargetGroup", "name"), property("AutoScalingGroup", "name"),
		property("ScalingPolicy", "name"), property("ScheduledAction", "name"), property("RecordSet", "alias"),
	} {
		p.Pattern = namePattern.String()
	}
	property("TargetHealthCheck", "matcher").OneOf = []*jsonschema.Schema{
		{Type: "string", Pattern: "^[2-4][0-9]{2}(-[2-4][0-9]{2}|(,[2-4][0-9]{2})*)$"},
		{Type: "integer", Minimum: json.Number(strconv.Itoa(minStatus)), Maximum: json.Number(strconv.Itoa(maxStatus))},
	}
	property("TargetHealthCheck", "matcher").Type = ""
	for _, size := range []string{"min", "max", "desired"} {
		for _, def := range []string{"AutoScalingGroup", "ScheduledAction"} {
			p := property(def, size)
			p.Minimum, p.Maximum = "0", json.Number(strconv.Itoa(maxSize))
		}
	}
	property("WarmPool", "state").Enum = texts(warmStates())
	property("AutoScalingGroup", "suspended").Items.Enum = texts(showdown.Processes())
	s.Definitions["Template"] = templateOf(s.Definitions["Instance"])
	property("AutoScalingGroup", "template").Ref = "#/$defs/Template"
	property("HostedZone", "name").Pattern = domainPattern.String()
	property("DNSHealthCheck", "interval").Enum = []any{"30s", "10s"}
	id := property("Claim", "id")
	id.Type, id.OneOf = "", []*jsonschema.Schema{{Type: "string"}, {Type: "integer"}}
	out, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(out, '\n')
}

// templateOf is an instance without what a group gives its instances.
func templateOf(instance *jsonschema.Schema) *jsonschema.Schema {
	out := *instance
	out.Properties, out.Required = jsonschema.NewProperties(), []string{"type"}
	for p := instance.Properties.Oldest(); p != nil; p = p.Next() {
		if p.Key != "name" && p.Key != "zone" && p.Key != "elastic_ip" {
			out.Properties.Set(p.Key, p.Value)
		}
	}
	out.Description = "Template is what an Auto Scaling group launches: an instance without name, zone and elastic IP."
	return &out
}

func texts(values []string) []any {
	var out []any
	for _, v := range values {
		out = append(out, v)
	}
	return out
}

func textsOf[T ~string](values []T) []string {
	var out []string
	for _, v := range values {
		out = append(out, string(v))
	}
	return out
}

// rootComments is what the root package's files say about its types and fields.
func rootComments(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("../../*.go")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	plain := func(c *ast.CommentGroup) string {
		return strings.NewReplacer("[", "", "]", "").Replace(strings.Join(strings.Fields(c.Text()), " "))
	}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range parsed.Decls {
			g, ok := decl.(*ast.GenDecl)
			if !ok || g.Tok != token.TYPE {
				continue
			}
			for _, spec := range g.Specs {
				typ := spec.(*ast.TypeSpec)
				out["showdown."+typ.Name.Name] = plain(g.Doc)
				fields, ok := typ.Type.(*ast.StructType)
				if !ok {
					continue
				}
				for _, f := range fields.Fields.List {
					for _, name := range f.Names {
						out["showdown."+typ.Name.Name+"."+name.Name] = plain(f.Doc)
					}
				}
			}
		}
	}
	return out
}

const durationPattern = `^([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+$`

// mapType is the schema of types that are text in YAML.
func mapType(t reflect.Type) *jsonschema.Schema {
	names := func(values ...any) *jsonschema.Schema { return &jsonschema.Schema{Type: "string", Enum: values} }
	switch t {
	case reflect.TypeFor[showdown.Duration]():
		return &jsonschema.Schema{Type: "string", Pattern: durationPattern, Examples: []any{"30s", "2m", "1h30m"}}
	case reflect.TypeFor[showdown.LabDuration]():
		return &jsonschema.Schema{Type: "string", Pattern: durationPattern, Examples: []any{"1s", "100ms"}}
	case reflect.TypeFor[showdown.Share]():
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{
			{Type: "string", Pattern: `^[0-9]+(\.[0-9]+)?%?$`},
			{Type: "number", Minimum: "0", Maximum: "1"},
		}}
	case reflect.TypeFor[showdown.Credits]():
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{
			names("launch", "full", "none"),
			{Type: "number", Minimum: "0"},
		}}
	case reflect.TypeFor[showdown.Selector]():
		return &jsonschema.Schema{Type: "string", Examples: []any{"web-1", "role:web", "zone:us-east-1a", "one", "one role:web", "50% role:web", "all"}}
	case reflect.TypeFor[showdown.Profile]():
		s := names()
		for _, p := range showdown.Profiles() {
			s.Enum = append(s.Enum, string(p))
		}
		return s
	case reflect.TypeFor[showdown.Pace]():
		return names("constant", "ramp", "steps", "sine", "spike")
	case reflect.TypeFor[showdown.DataOrder]():
		return names(texts(textsOf(showdown.DataOrders()))...)
	case reflect.TypeFor[showdown.HTTPVersion]():
		return &jsonschema.Schema{Enum: append(texts(textsOf(showdown.HTTPVersions())), 1.1, 2)}
	case reflect.TypeFor[showdown.BalancerType]():
		return names("application", "classic")
	case reflect.TypeFor[showdown.Algorithm]():
		return names("round_robin", "least_outstanding_requests")
	case reflect.TypeFor[showdown.StickinessType]():
		return names("lb_cookie", "app_cookie")
	case reflect.TypeFor[showdown.GroupHealthCheck]():
		return names("EC2", "ELB")
	case reflect.TypeFor[showdown.PolicyType]():
		return names("target_tracking", "step", "simple")
	case reflect.TypeFor[showdown.Metric]():
		return names("ALBRequestCountPerTarget", "ASGAverageCPUUtilization")
	case reflect.TypeFor[map[string]string]():
		return &jsonschema.Schema{Type: "object", AdditionalProperties: &jsonschema.Schema{OneOf: []*jsonschema.Schema{
			{Type: "string"}, {Type: "number"}, {Type: "boolean"},
		}}}
	}
	return nil
}

func TestSchemaIsWhatTheTypesSay(t *testing.T) {
	want := reflectSchema(t)
	if *update {
		if err := os.WriteFile("schema.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(Schema(), want) {
		t.Error("schema.json is not what the types give: go test ./targets/journeys -run Schema -update, and look at the difference")
	}
}

// compileSchema reads the schema with a library other than the one that wrote it.
func compileSchema(t *testing.T) *validator.Schema {
	t.Helper()
	doc, err := validator.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := validator.NewCompiler()
	if err := c.AddResource("stage.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("stage.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// validateYAML checks YAML text against the schema.
func validateYAML(t *testing.T, s *validator.Schema, text []byte) error {
	t.Helper()
	converted, err := yaml.YAMLToJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := validator.UnmarshalJSON(bytes.NewReader(converted))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(doc)
}

func TestSchemaAcceptsTheStages(t *testing.T) {
	s := compileSchema(t)
	files := map[string][]byte{
		"small": []byte(small), "names": []byte(withNames(t, "", "")), "balancers and groups": []byte(withBalancer(t, "", "")),
		"gates": []byte(gated), "a status": []byte(withBalancer(t, "matcher: 200-299", "matcher: 204")), "the example of the documentation": documentedExample(t),
		"the documented load balancer": []byte(documentedBlock(t, 1)),
	}
	for _, name := range []string{"01-single.yaml", "02-vertical.yaml"} {
		data, err := builtin.ReadFile("whatsthetime/" + name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = data
	}
	for name, text := range files {
		if err := validateYAML(t, s, text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSchemaRefuses(t *testing.T) {
	s := compileSchema(t)
	for name, text := range map[string]string{
		"unknown field":  edit(t, "instances:", "instancs:"),
		"no unit":        edit(t, "for: 10m", "for: 600"),
		"unknown action": edit(t, "do: kill", "do: kil"),
		"unknown pace":   edit(t, "rate: 100\n", "rate: 100\n          pace: constnt\n"),
		"no title":       edit(t, "title: One server\n", ""),
		"ten times":      edit(t, "do: kill", "repeat: {times: 10, every: 6m}\n        do: kill"),
		"after a word":   edit(t, "do: kill", "after: kill\n        do: kill"),
		"a version":      edit(t, "version: 1", "version: 2"),
		"no interval":    withNames(t, "path: /healthz", "interval: 20s"),
		"a bad domain":   withNames(t, "name: shop.example", "name: Shop"),
		"a template":     withBalancer(t, "role: api, ", "role: api, zone: us-east-1a, "),
		"no template":    withBalancer(t, "template: {type: t2.micro}, ", ""),
		"a matcher":      withBalancer(t, "matcher: 200-299", "matcher: 2xx"),
		"a process":      withBalancer(t, "[AZRebalance]", "[Rebalance]"),
		"a metric":       withBalancer(t, "metric: ASGAverageCPUUtilization", "metric: CPU"),
		"a balancer":     withBalancer(t, "type: classic", "type: network"),
		"nothing":        edit(t, "      instances:\n        - name: web-1\n          type: t2.micro\n", "      region: us-east-1\n"),
		"an empty gate":  small + "gates: [{name: mine}]\n",
		"an abort":       small + "abort_if: [{expect: 'failed(last(30s)) > 10'}]\n",
		"a bad name":     edit(t, "journey: mine", "journey: My Journey"),
	} {
		if err := validateYAML(t, s, []byte(text)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
