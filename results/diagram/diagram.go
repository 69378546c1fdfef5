package diagram

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"showdown"
)

// Kind is what a node is, which decides its glyph.
type Kind string

// The kinds.
const (
	Users     Kind = "users"
	DNS       Kind = "dns"
	Balancer  Kind = "balancer"
	Instance  Kind = "instance"
	Database  Kind = "database"
	Cache     Kind = "cache"
	Storage   Kind = "storage"
	Queue     Kind = "queue"
	Function  Kind = "function"
	Zone      Kind = "zone"
	Group     Kind = "group"
	ElasticIP Kind = "elastic-ip"
	Reserved  Kind = "reserved"
)

// Diagram is an architecture as it is drawn: nodes, who sends to whom, and what stands
// around them.
type Diagram struct {
	// Nodes are in drawing order. Those without a tier stand before the zones.
	Nodes []Node
	Edges []Edge
	// Zones are the lanes, from top to bottom.
	Zones []string
	// Groups are the Auto Scaling groups.
	Groups []Frame
	// Notes stand below: what is paid for and does not run.
	Notes []Node
	Lang  string
}

// Node is one thing of an architecture.
type Node struct {
	// ID is unique in the diagram and that of the node's group in the picture.
	ID   string
	Kind Kind
	Name string
	// Short is what a sketch writes instead of the name; empty is the name.
	Short string
	// About are lines about it, the weightiest first: the instance type.
	About []string
	// Tier is the column among the zones, Zone the lane. Both are empty for users, name
	// servers and load balancers.
	Tier, Zone string
	ElasticIP  bool
	// Parts are what a node consists of: a load balancer's nodes, one in each zone.
	Parts []Part
}

// Part is a part of a node with a state of its own.
type Part struct{ ID, Name string }

// Edge is requests from one node to another.
type Edge struct{ From, To string }

// ID is the id of the edge's group in the picture.
func (e Edge) ID() string { return "edge-" + e.From + "--" + e.To }

// Frame is a line around the nodes of a group.
type Frame struct {
	// Short is what a sketch writes instead of the label; empty is the label.
	ID, Label, Short string
	// Tier is the column whose nodes it holds.
	Tier string
}

// Options are what a topology does not say.
type Options struct {
	// Lang is "en" or "fr".
	Lang string
}

// UsersID and DNSID are the ids of the users and of the name servers, and TrunkID is that of
// the way that all requests have in common where users send to several nodes.
const (
	UsersID = "users"
	DNSID   = "dns"
	TrunkID = "edge-" + UsersID
)

// InstanceID, BalancerID, GroupID and ZoneID are the ids of the nodes of that name.
func InstanceID(name string) string { return "node-" + slug(name) }

// BalancerID is the id of a load balancer.
func BalancerID(name string) string { return "balancer-" + slug(name) }

// BalancerNodeID is the id of a load balancer's node in a zone.
func BalancerNodeID(name, zone string) string { return BalancerID(name) + "--" + slug(zone) }

// GroupID is the id of an Auto Scaling group.
func GroupID(name string) string { return "group-" + slug(name) }

// ZoneID is the id of an Availability Zone.
func ZoneID(name string) string { return "zone-" + slug(name) }

// slug is a name as part of an id: a name of letters, digits, dots and dashes as it is,
// another one with a number that tells it from its like.
func slug(name string) string {
	safe := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
			return r
		}
		return '-'
	}, name)
	if safe == name && name != "" {
		return name
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	return fmt.Sprintf("%.40s-%08x", safe, h.Sum32())
}

// Of is the diagram of a topology as its lab comes up.
func Of(t showdown.Topology, o Options) Diagram {
	w := wordsIn(o.Lang)
	d := Diagram{Lang: o.Lang}
	d.Nodes = append(d.Nodes, Node{ID: UsersID, Kind: Users, Name: w.users, Short: w.few})
	if z := t.HostedZone; z != nil {
		d.Nodes = append(d.Nodes, Node{ID: DNSID, Kind: DNS, Name: w.dns, About: append([]string{z.Name}, recordLines(*z, w)...)})
		d.Edges = append(d.Edges, Edge{UsersID, DNSID})
	}
	zones := map[string]bool{}
	for _, b := range t.LoadBalancers {
		n := Node{ID: BalancerID(b.Name), Kind: Balancer, Name: b.Name}
		if word := w.balancer[string(b.Type)]; word != "" {
			n.About = append(n.About, word)
		}
		switch b.Type {
		case showdown.ApplicationBalancer:
			n.Short = "ALB"
		case showdown.ClassicBalancer:
			n.Short = "CLB"
		}
		for _, z := range b.Zones {
			n.Parts = append(n.Parts, Part{BalancerNodeID(b.Name, z), zoneList([]string{z})})
		}
		d.Nodes = append(d.Nodes, n)
		d.Edges = append(d.Edges, Edge{UsersID, n.ID})
		for _, z := range b.Zones {
			zones[z] = true
		}
	}
	d.instances(t, w, zones)
	for z := range zones {
		if z != "" {
			d.Zones = append(d.Zones, z)
		}
	}
	slices.Sort(d.Zones)
	for i, r := range t.Reservations {
		d.Notes = append(d.Notes, Node{
			ID: fmt.Sprintf("reserved-%d-%s", i+1, slug(r.Type)), Kind: Reserved,
			Name:  fmt.Sprintf(w.reserved, r.Count, r.Type, cmp.Or(w.terms[r.Term], r.Term)),
			Short: fmt.Sprintf(w.shortReserved, r.Count, cmp.Or(w.terms[r.Term], r.Term)),
		})
	}
	return d
}

// instances adds the instances, their groups and the edges to them.
func (d *Diagram) instances(t showdown.Topology, w words, zones map[string]bool) {
	behind := map[string][]string{} // by target group: the balancers
	for _, b := range t.LoadBalancers {
		for _, g := range b.TargetGroups {
			behind[g.Name] = append(behind[g.Name], b.Name)
		}
	}
	named := map[string]bool{} // by a record: users come to it past any load balancer
	if t.HostedZone != nil {
		for _, r := range t.HostedZone.Records {
			for _, name := range r.Instances {
				named[name] = true
			}
		}
	}
	taken := map[string]bool{}
	add := func(in showdown.Instance, group string, balancers []string) {
		n := Node{
			ID: InstanceID(in.Name), Kind: kindOf(in.Role), Name: in.Name, Tier: in.Role + "\x00" + group, Zone: in.Zone,
			ElasticIP: in.ElasticIP,
		}
		if taken[n.ID] { // a checked stage has no two of a name
			return
		}
		taken[n.ID] = true
		if in.Type != "" {
			n.About = append(n.About, in.Type)
		}
		if in.ElasticIP {
			n.About = append(n.About, w.elasticIP)
		}
		zones[in.Zone] = true
		d.Nodes = append(d.Nodes, n)
		for _, b := range balancers {
			d.Edges = append(d.Edges, Edge{BalancerID(b), n.ID})
		}
		if named[in.Name] || len(balancers) == 0 && !in.Private && n.Kind == Instance {
			d.Edges = append(d.Edges, Edge{UsersID, n.ID})
		}
	}
	for _, in := range t.Instances {
		var balancers []string
		for _, b := range t.LoadBalancers {
			for _, g := range b.TargetGroups {
				if slices.Contains(g.Instances, in.Name) && !slices.Contains(balancers, b.Name) {
					balancers = append(balancers, b.Name)
				}
			}
		}
		add(in, "", balancers)
	}
	for _, g := range t.AutoScalingGroups {
		var balancers []string
		for _, tg := range g.TargetGroups {
			for _, b := range behind[tg] {
				if !slices.Contains(balancers, b) {
					balancers = append(balancers, b)
				}
			}
		}
		for _, in := range g.Initial() {
			add(in, g.Name, balancers)
		}
		for _, z := range g.Zones {
			zones[z] = true
		}
		label := fmt.Sprintf(w.size, g.Name, g.Min, g.Max)
		if g.Min == g.Max {
			label = fmt.Sprintf(w.oneSize, g.Name, g.Min)
		}
		short := fmt.Sprintf("%d", g.Min)
		if g.Max > g.Min {
			short += fmt.Sprintf("–%d", g.Max)
		}
		d.Groups = append(d.Groups, Frame{ID: GroupID(g.Name), Label: label, Short: "Auto Scaling " + short, Tier: g.Template.Role + "\x00" + g.Name})
	}
}

// recordLines say what the records of a zone answer, at most two.
func recordLines(z showdown.HostedZone, w words) []string {
	var out []string
	for _, r := range z.Records {
		n := len(r.Instances) + len(r.Values)
		switch {
		case len(out) == 2:
			return out
		case r.Alias != "":
			out = append(out, fmt.Sprintf(w.alias, r.Alias))
		case n == 1:
			out = append(out, fmt.Sprintf(w.address, r.TTL))
		default:
			out = append(out, fmt.Sprintf(w.records, n, r.TTL))
		}
	}
	return out
}

// zoneList is zones by what tells them apart: "1a 1b" of us-east-1a and us-east-1b.
func zoneList(zones []string) string {
	short := make([]string, len(zones))
	for i, z := range zones {
		short[i] = z[strings.LastIndexByte(z, '-')+1:]
	}
	return strings.Join(short, " ")
}

// kindOf is what an instance of a role is drawn as.
func kindOf(role string) Kind {
	switch strings.ToLower(role) {
	case "db", "database", "mysql", "postgres", "rds", "aurora", "dynamodb":
		return Database
	case "cache", "redis", "memcached", "elasticache":
		return Cache
	case "storage", "bucket", "s3", "efs", "ebs":
		return Storage
	case "queue", "sqs":
		return Queue
	case "function", "lambda":
		return Function
	}
	return Instance
}

// Changed are the ids of what is in d and not, or not the same, in before: nodes, groups
// and notes.
func (d Diagram) Changed(before Diagram) map[string]bool {
	old := map[string]string{}
	for _, n := range slices.Concat(before.Nodes, before.Notes) {
		old[n.ID] = n.key()
	}
	for _, g := range before.Groups {
		old[g.ID] = g.Label
	}
	changed := map[string]bool{}
	for _, n := range slices.Concat(d.Nodes, d.Notes) {
		if key, was := old[n.ID]; !was || key != n.key() {
			changed[n.ID] = true
		}
	}
	for _, g := range d.Groups {
		if label, was := old[g.ID]; !was || label != g.Label {
			changed[g.ID] = true
		}
	}
	return changed
}

// key is what makes a node another one.
func (n Node) key() string {
	return strings.Join(append([]string{string(n.Kind), n.Name, n.Zone, fmt.Sprint(n.ElasticIP), fmt.Sprint(n.Parts)}, n.About...), "\x00")
}
