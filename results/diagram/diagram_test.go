package diagram

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"showdown"
	"showdown/results/draw"
)

var update = flag.Bool("update", false, "write the goldens anew")

const (
	zoneA = "us-east-1a"
	zoneB = "us-east-1b"
	zoneC = "us-east-1c"
)

func web(n int, zone string) showdown.Instance {
	return showdown.Instance{Name: fmt.Sprintf("web-%d", n), Role: "web", Type: "m5.large", Zone: zone, Private: true}
}

func balancer(name, group string, zones []string, instances ...string) showdown.LoadBalancer {
	return showdown.LoadBalancer{
		Name: name, Type: showdown.ApplicationBalancer, Zones: zones,
		TargetGroups: []showdown.TargetGroup{{Name: group, Instances: instances}},
	}
}

func zoneOf(alias string) *showdown.HostedZone {
	return &showdown.HostedZone{Name: "whatisthetime.com", Records: []showdown.RecordSet{{Name: "@", Alias: alias}}}
}

func group(name string, desired, most int, zones ...string) showdown.AutoScalingGroup {
	return showdown.AutoScalingGroup{
		Name: name, Template: showdown.Instance{Role: "web", Type: "m5.large", Private: true}, Min: desired, Max: most,
		Desired: desired, Zones: zones, TargetGroups: []string{name},
	}
}

// topologies are those that must stay legible.
func topologies() map[string]showdown.Topology {
	one := showdown.Instance{Name: "web-1", Role: "web", Type: "t2.micro", Zone: zoneA, ElasticIP: true}
	three := []showdown.Instance{web(1, zoneA), web(2, zoneA), web(3, zoneA)}
	public := []showdown.Instance{one, one, one}
	for i := range public {
		public[i].Name, public[i].Type = fmt.Sprintf("web-%d", i+1), "m5.large"
	}
	spread := group("web", 6, 12, zoneA, zoneB, zoneC)
	hundred := group("web", 100, 200, zoneA, zoneB, zoneC)
	long := "a-name-that-somebody-thought-would-explain-the-whole-of-the-machine"
	return map[string]showdown.Topology{
		"one": {Instances: []showdown.Instance{one}},
		"three-public": {Instances: public, HostedZone: &showdown.HostedZone{
			Name:    "whatisthetime.com",
			Records: []showdown.RecordSet{{Name: "@", TTL: showdown.Duration(time.Hour), Instances: []string{"web-1", "web-2", "web-3"}}},
		}},
		"three": {
			Instances: three, HostedZone: zoneOf("lb"),
			LoadBalancers: []showdown.LoadBalancer{{Name: "lb", Type: showdown.ClassicBalancer, Zones: []string{zoneA}, TargetGroups: []showdown.TargetGroup{{Name: "web", Instances: []string{"web-1", "web-2", "web-3"}}}}},
		},
		"six": {
			AutoScalingGroups: []showdown.AutoScalingGroup{spread}, HostedZone: zoneOf("lb"),
			LoadBalancers: []showdown.LoadBalancer{balancer("lb", "web", []string{zoneA, zoneB, zoneC})},
			Reservations:  []showdown.Reservation{{Type: "m5.large", Count: 2, Term: "1y"}},
		},
		"empty-zone": {
			AutoScalingGroups: []showdown.AutoScalingGroup{group("web", 3, 6, zoneA)}, HostedZone: zoneOf("lb"),
			LoadBalancers: []showdown.LoadBalancer{balancer("lb", "web", []string{zoneA, zoneB})},
		},
		"hundred": {
			AutoScalingGroups: []showdown.AutoScalingGroup{hundred}, HostedZone: zoneOf("lb"),
			LoadBalancers: []showdown.LoadBalancer{balancer("lb", "web", []string{zoneA, zoneB, zoneC})},
		},
		"two-balancers": {
			Instances: []showdown.Instance{web(1, zoneA), web(2, zoneA), web(3, zoneB), web(4, zoneB), {Name: "bare", Role: "web", Type: "t2.micro", Zone: zoneB}},
			LoadBalancers: []showdown.LoadBalancer{
				balancer("blue", "blue", []string{zoneA, zoneB}, "web-1", "web-3"), balancer("green", "green", []string{zoneA, zoneB}, "web-2", "web-4"),
			},
			HostedZone: zoneOf("blue"),
		},
		"long": {
			Instances:     []showdown.Instance{{Name: long, Role: "web", Type: "u7inh-32tb.480xlarge", Zone: zoneA + "-" + long, ElasticIP: true}},
			LoadBalancers: []showdown.LoadBalancer{balancer(long, "web", []string{zoneA}, long)},
			HostedZone:    &showdown.HostedZone{Name: long + ".example.com"},
		},
		"html": {
			Instances:  []showdown.Instance{{Name: `</svg><script>alert(1)</script>`, Role: "web", Type: `"><b>`, Zone: "<i>&amp;"}, {Name: "\x00\x1b[31m\u202e", Role: "db", Private: true}},
			HostedZone: zoneOf("<img src=x>"),
		},
		"nothing": {},
	}
}

// down is the states of the golden pictures: an instance down and not yet noticed, one
// that is noticed, one of each other state.
func down(d Diagram) map[string]Status {
	out := map[string]Status{}
	cycle := []Status{
		{State: Down, Belief: Healthy, Note: "kill-instance"},
		{State: Up, Belief: Healthy},
		{State: Down, Belief: Unhealthy},
		{State: Degraded, Belief: Healthy},
		{State: Recovering, Belief: Initial},
		{State: Off, Belief: Unused},
		{State: Unknown, Belief: Draining},
	}
	i := 0
	for _, n := range d.Nodes {
		switch {
		case n.Tier == "":
			out[n.ID] = Status{State: Up}
			for k, part := range n.Parts {
				out[part.ID] = Status{State: States()[k*3%6]}
			}
		case i < len(cycle):
			out[n.ID] = cycle[i]
			i++
		default:
			out[n.ID] = Status{State: Up, Belief: Healthy}
		}
	}
	return out
}

// flows is 100/s to everything, failing where the node is down.
func flows(d Diagram, status map[string]Status) map[string]Flow {
	out := map[string]Flow{}
	for i, e := range d.Edges {
		f := Flow{Rate: 40 + 30*float64(i%3)}
		if e.From == UsersID {
			f.Rate, f.Errors = 240, .12
		}
		switch status[e.To].State {
		case Down:
			f.Errors = 1
		case Degraded:
			f.Errors = .1
		case Off:
			f = Flow{}
		}
		out[e.ID()] = f
	}
	return out
}

// views are the places where a diagram stands: on its own, on the wall of a class, and in
// a row of figures.
func views() map[string]View {
	return map[string]View{
		"own":  {Size: 16, Key: true},
		"wall": {W: 1050, H: 500, Size: 32},
		"row":  {W: 430, H: 260, Size: 26},
	}
}

// tiers is what a topology cannot say yet.
func tiers() Diagram {
	d := Of(topologies()["six"], Options{})
	nodes := []Node{
		{ID: "db-1", Kind: Database, Name: "primary", About: []string{"db.m5.large"}, Tier: "db", Zone: zoneA},
		{ID: "db-2", Kind: Database, Name: "standby", About: []string{"db.m5.large"}, Tier: "db", Zone: zoneB},
		{ID: "cache-1", Kind: Cache, Name: "sessions", Tier: "db", Zone: zoneC},
		{ID: "bucket", Kind: Storage, Name: "pictures", Tier: "storage", Zone: zoneA},
		{ID: "queue", Kind: Queue, Name: "jobs", Tier: "storage", Zone: zoneB},
		{ID: "function", Kind: Function, Name: "thumbnail", Tier: "storage", Zone: zoneC},
	}
	for _, n := range d.Nodes {
		if n.Tier != "" {
			d.Edges = append(d.Edges, Edge{n.ID, "db-1"}, Edge{n.ID, "cache-1"})
		}
	}
	d.Edges = append(d.Edges, Edge{"db-1", "bucket"}, Edge{"db-1", "db-2"})
	d.Nodes = append(d.Nodes, nodes...)
	return d
}

func diagrams() map[string]Diagram {
	out := map[string]Diagram{"tiers": tiers()}
	for name, t := range topologies() {
		out[name] = Of(t, Options{})
	}
	return out
}

// Wherever a diagram stands, no two boxes of nodes touch, and all lie inside the picture.
func TestNoOverlap(t *testing.T) {
	for name, d := range diagrams() {
		for at, v := range views() {
			v.Status = down(d)
			p, _, _ := d.fit(v)
			apart(t, name+", "+at, p)
		}
	}
}

// No architecture that can be described is drawn with boxes over each other, however much
// detail there is.
func FuzzLayout(f *testing.F) {
	f.Add(uint8(1), uint8(1), uint8(0), uint8(0), uint8(1), "web-1")
	f.Add(uint8(100), uint8(3), uint8(2), uint8(9), uint8(2), "a-long-name")
	f.Add(uint8(7), uint8(0), uint8(9), uint8(0), uint8(3), "")
	f.Fuzz(func(t *testing.T, n, zones, balancers, grown, tiers uint8, name string) {
		var top showdown.Topology
		zone := func(i int) string { return fmt.Sprintf("us-east-1%c", 'a'+i%(int(zones)%9+1)) }
		var names []string
		for i := range int(n) {
			in := showdown.Instance{Name: fmt.Sprint(name, i), Role: fmt.Sprint("web", i%(int(tiers)%4+1)), Type: name, Zone: zone(i / 2), ElasticIP: i%3 == 0}
			names = append(names, in.Name)
			top.Instances = append(top.Instances, in)
		}
		for i := range int(balancers) % 12 {
			var in []string
			for k := range int(zones) % 9 {
				in = append(in, zone(k))
			}
			top.LoadBalancers = append(top.LoadBalancers, balancer(fmt.Sprint(name, "-", i), "g", in, names...))
		}
		if grown > 0 {
			top.AutoScalingGroups = append(top.AutoScalingGroups, group("g", int(grown), 300, zone(0), zone(1), zone(2)), group(name, 2, 3, zone(1)))
			top.Reservations = append(top.Reservations, showdown.Reservation{Type: name}, showdown.Reservation{Type: name}, showdown.Reservation{Type: name})
		}
		d := Of(top, Options{Lang: []string{"en", "fr"}[int(n)%2]})
		v := View{Size: 16, Status: down(d)}
		v.Flows = flows(d, v.Status)
		for i, t2 := range details {
			apart(t, fmt.Sprint("detail ", i), d.lay(16, t2, v))
		}
		v.W, v.H = 900, 500
		d.Draw(v)
	})
}

// apart checks that no two boxes touch, and that all lie inside.
func apart(t *testing.T, name string, p *plan) {
	t.Helper()
	slots := p.slots()
	for i, s := range slots {
		if s.x < 0 || s.y < 0 || s.right() > p.w+1e-6 || s.bottom() > p.h+1e-6 || !(s.w > 0 && s.h > 0) {
			t.Errorf("%s: %q at %+v lies outside of %gx%g", name, s.ID, s.box, p.w, p.h)
		}
		for _, o := range slots[i+1:] {
			if s.x < o.right() && o.x < s.right() && s.y < o.bottom() && o.y < s.bottom() {
				t.Errorf("%s: %q and %q overlap: %+v %+v", name, s.ID, o.ID, s.box, o.box)
			}
		}
	}
	for i, l := range p.lanes {
		if l.x < 0 || l.y < 0 || l.right() > p.w || l.bottom() > p.h {
			t.Errorf("%s: the lane %q lies outside", name, l.zone)
		}
		if i > 0 && p.lanes[i-1].bottom() > l.y {
			t.Errorf("%s: the lane %q overlaps the one above", name, l.zone)
		}
		for tier, in := range l.columns {
			for _, s := range in {
				if s.x < l.x || s.y < l.y+p.head()*p.e-1e-6 || s.right() > l.right() || s.bottom() > l.bottom() {
					t.Errorf("%s: %q of %q lies outside of its zone or over its name", name, s.ID, tier)
				}
			}
		}
	}
}

// Of a hundred instances at most seven boxes are drawn, those in trouble first, and the
// numbers of the stacks add up.
func TestHundred(t *testing.T) {
	d := Of(topologies()["hundred"], Options{})
	status := map[string]Status{InstanceID("web-77"): {State: Down, Belief: Healthy}}
	p := d.lay(16, details[0], View{Status: status})
	drawn, alone, held := 0, false, 0
	for _, c := range p.tiers {
		for _, s := range c.slots {
			drawn++
			if len(s.rest) == 0 {
				held++
				alone = alone || s.Node.Name == "web-77"
			}
			held += len(s.rest)
		}
	}
	if drawn > most || !alone || held != 100 {
		t.Errorf("%d boxes for %d instances, web-77 alone: %v; want at most %d for 100, true", drawn, held, alone, most)
	}
}

func TestGoldens(t *testing.T) {
	for name, d := range diagrams() {
		if name == "html" || name == "nothing" || name == "long" || name == "six" {
			golden(t, "built-"+name, d.Draw(View{Size: 16}))
		}
		if name == "html" || name == "nothing" {
			continue
		}
		for at, v := range views() {
			if at != "own" && name != "six" && name != "hundred" && name != "three" {
				continue
			}
			v.Status = down(d)
			v.Flows = flows(d, v.Status)
			golden(t, at+"-"+name, d.Draw(v))
		}
	}
	before := Of(topologies()["three"], Options{Lang: "fr"})
	after := Of(topologies()["six"], Options{Lang: "fr"})
	golden(t, "changed", after.Draw(View{Size: 16, Before: &before}))
}

func golden(t *testing.T, name string, p *draw.Picture) {
	t.Helper()
	var got bytes.Buffer
	if err := p.Inline(&got, "diagram"); err != nil {
		t.Fatal(err)
	}
	parsed(t, got.Bytes())
	path := filepath.Join("testdata", name+".svg")
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%s differs from the golden: look at it and run go test -update", path)
	}
}

// parsed are the ids of a picture, each of which must occur once.
func parsed(t *testing.T, svg []byte) map[string]string {
	t.Helper()
	ids := map[string]string{}
	d := xml.NewDecoder(bytes.NewReader(svg))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return ids
		}
		if err != nil {
			t.Fatalf("not XML: %v", err)
		}
		e, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if e.Name.Local == "script" || e.Name.Local == "img" || e.Name.Local == "b" {
			t.Fatal("a name became an element")
		}
		id, state := "", ""
		for _, a := range e.Attr {
			switch a.Name.Local {
			case "id":
				id = a.Value
			case "data-state":
				state = a.Value
			}
		}
		if id == "" {
			continue
		}
		if _, twice := ids[id]; twice {
			t.Errorf("the id %q occurs twice", id)
		}
		ids[id] = state
	}
}

// A page finds a node by its name, with its state, and finds every state's dress to wear.
func TestIDs(t *testing.T) {
	d := Of(topologies()["three"], Options{})
	var out bytes.Buffer
	v := View{Prefix: "x-", Dresses: true, Status: map[string]Status{
		InstanceID("web-2"): {State: Down, Belief: Healthy}, ZoneID(zoneA): {State: Degraded}, BalancerID("lb"): {State: Up},
	}}
	if err := d.Draw(v).Inline(&out, ""); err != nil {
		t.Fatal(err)
	}
	ids := parsed(t, out.Bytes())
	for id, state := range map[string]string{
		"x-users": "", "x-dns": "", "x-node-web-1": "", "x-node-web-2": "down", "x-zone-us-east-1a": "degraded", "x-balancer-lb": "up",
		"x-edge-users--balancer-lb": "", "x-edge-balancer-lb--node-web-3": "",
	} {
		if got, ok := ids[id]; !ok || got != state {
			t.Errorf("%s: %q, %v; want %q", id, got, ok, state)
		}
	}
	// Three instances and the balancer and the name servers have all six states.
	if n := strings.Count(out.String(), "data-dress="); n != 5*6+1 { // a zone is down or not
		t.Errorf("%d dresses, want 31", n)
	}
	for _, s := range States() {
		if !strings.Contains(CSS(), `[data-dress="`+string(s)+`"]{display:inline}`) {
			t.Errorf("no rule for %s", s)
		}
	}
	if !strings.Contains(CSS(), `[data-state="down"][data-belief="healthy"]>[data-apart]{display:inline}`) || strings.Contains(CSS(), `[data-state="up"][data-belief="healthy"]>[data-apart]`) {
		t.Error("the rules do not say where truth and belief are apart")
	}
	if !strings.Contains(out.String(), "<title>web-2: down; the balancer believes: healthy</title>") {
		t.Error("no title says truth and belief")
	}
}

func TestChanged(t *testing.T) {
	one := topologies()["one"]
	bigger := showdown.Topology{Instances: []showdown.Instance{one.Instances[0]}}
	bigger.Instances[0].Type = "m5.large"
	before, after := Of(one, Options{}), Of(bigger, Options{})
	if got := after.Changed(before); len(got) != 1 || !got["node-web-1"] {
		t.Errorf("a resized instance changes %v", got)
	}
	if got := before.Changed(before); len(got) != 0 {
		t.Errorf("nothing changes %v", got)
	}
	got := Of(topologies()["six"], Options{}).Changed(Of(topologies()["three"], Options{}))
	for _, id := range []string{"balancer-lb", "group-web", "node-web-6", "node-web-2", "reserved-1-m5.large"} {
		if !got[id] {
			t.Errorf("%s is not changed", id)
		}
	}
	if got["node-web-1"] || got["users"] || got["dns"] {
		t.Errorf("the same nodes are changed: %v", got)
	}
}

// Whatever names a topology has, the picture is XML with every id once, and as large as
// was asked.
func FuzzNames(f *testing.F) {
	f.Add("web-1", "web 1", "us-east-1a", "m5.large", 3)
	f.Add("</svg>", "<svg>", "", "\"", 100)
	f.Add("a b", "a-b", "\x00", "\xff", -1)
	f.Fuzz(func(t *testing.T, a, b, zone, kind string, n int) {
		g := group(a, n%50, 9, zone, b)
		d := Of(showdown.Topology{
			Instances:         []showdown.Instance{{Name: a, Role: b, Type: kind, Zone: zone}, {Name: b, Role: a, Zone: b, ElasticIP: true}},
			LoadBalancers:     []showdown.LoadBalancer{balancer(a, a, []string{zone, b}), balancer(b, b, nil, a, b)},
			AutoScalingGroups: []showdown.AutoScalingGroup{g},
			HostedZone:        &showdown.HostedZone{Name: kind, Records: []showdown.RecordSet{{Alias: b}}},
			Reservations:      []showdown.Reservation{{Type: kind, Count: n}, {Type: kind, Count: n}},
		}, Options{})
		v := View{W: 400, H: 300, Size: 20, Status: down(d), Key: n%2 == 0}
		v.Flows = flows(d, v.Status)
		p := d.Draw(v)
		if math.Abs(p.W-400) > 1e-6 || math.Abs(p.H-300) > 1e-6 {
			t.Errorf("the picture is %gx%g", p.W, p.H)
		}
		var out bytes.Buffer
		if err := p.Inline(&out, "d"); err != nil {
			t.Fatal(err)
		}
		parsed(t, out.Bytes())
	})
}
