package showdown

import (
	"fmt"
	"strconv"
	"strings"
)

// Topology is what a lab is made of.
type Topology struct {
	// Region is the AWS Region that names and prices are of.
	Region    string     `yaml:"region" json:"region"`
	Instances []Instance `yaml:"instances" json:"instances"`
	// LoadBalancers stand in front of instances.
	LoadBalancers []LoadBalancer `yaml:"load_balancers" json:"load_balancers,omitempty"`
	// AutoScalingGroups launch instances of their own.
	AutoScalingGroups []AutoScalingGroup `yaml:"auto_scaling_groups" json:"auto_scaling_groups,omitempty"`
	// Reservations are the Reserved Instances that are paid for. They change the bill and
	// nothing that runs.
	Reservations []Reservation `yaml:"reservations" json:"reservations,omitempty"`
	// SecurityGroups are the lab's own groups; an instance that names none belongs to
	// [DefaultGroup].
	SecurityGroups []SecurityGroup `yaml:"security_groups" json:"security_groups,omitempty"`
	// HostedZone is the domain that the lab's name servers answer for; nil is a lab
	// without names.
	HostedZone *HostedZone `yaml:"hosted_zone" json:"hosted_zone,omitempty"`
}

// Reservation is Reserved Instances of a type: a discount on running instances, which is
// paid for whether something runs or not, and no capacity (EC2 User Guide, How Reserved
// Instances are applied, regional scope).
type Reservation struct {
	Type  string `yaml:"type" json:"type"`
	Count int    `yaml:"count" json:"count"`
	// Term is "1y" or "3y".
	Term string `yaml:"term" json:"term"`
	// Payment is "no upfront" or "all upfront".
	Payment string `yaml:"payment" json:"payment"`
}

// DefaultGroup is the security group of instances that name none. Unless the lab
// defines it, it lets everybody reach the application.
const DefaultGroup = "default"

// SecurityGroup is a set of rules that allow; what no rule allows is dropped without
// an answer (EC2 User Guide, Security group rules).
type SecurityGroup struct {
	Name    string         `yaml:"name" json:"name"`
	Inbound []SecurityRule `yaml:"inbound" json:"inbound,omitempty"`
}

// SecurityRule allows inbound connections from one source.
type SecurityRule struct {
	// From is a CIDR block ("0.0.0.0/0"), the name of a security group of the lab, or
	// [FromInternet].
	From string `yaml:"from" json:"from"`
	// Port is the port that is reached; 0 is the application's.
	Port int `yaml:"port" json:"port,omitempty"`
}

// FromInternet is the source of a rule that means the lab's clients, whose addresses
// a stage file cannot know.
const FromInternet = "internet"

// HostedZone is a Route 53 public hosted zone.
type HostedZone struct {
	// Name is the zone's apex without a final dot: "whatisthetime.com".
	Name string `yaml:"name" json:"name"`
	// Propagation is the longest that a change takes to reach all name servers. AWS
	// says "usually within 60 seconds" (Route 53 Developer Guide, change propagation).
	Propagation Duration `yaml:"propagation" json:"propagation"`
	// NegativeTTL is how long resolvers keep that a name does not exist: the minimum
	// field of the SOA record.
	NegativeTTL Duration    `yaml:"negative_ttl" json:"negative_ttl"`
	Records     []RecordSet `yaml:"records" json:"records"`
}

// RecordSet is an A record set of a hosted zone.
type RecordSet struct {
	// Name is the part before the zone's name: "www", or "@" for the apex.
	Name string `yaml:"name" json:"name"`
	// TTL is how long resolvers keep the answer, in whole seconds.
	TTL Duration `yaml:"ttl" json:"ttl"`
	// Instances are the instances whose public addresses are the values.
	Instances []string `yaml:"instances" json:"instances,omitempty"`
	// Alias is the load balancer whose nodes are the answer; such a record has no TTL and
	// no values of its own.
	Alias string `yaml:"alias" json:"alias,omitempty"`
	// Values are addresses written out.
	Values []string `yaml:"values" json:"values,omitempty"`
	// Multivalue makes it a multivalue answer: one record for each value, at most
	// eight healthy ones in an answer (Route 53 Developer Guide, multivalue routing).
	Multivalue bool `yaml:"multivalue" json:"multivalue,omitempty"`
	// HealthCheck looks at every value of a multivalue record set; nil keeps all.
	HealthCheck *DNSHealthCheck `yaml:"health_check" json:"health_check,omitempty"`
}

// DNSHealthCheck is a Route 53 health check of an endpoint over HTTP.
type DNSHealthCheck struct {
	// Path is what is asked for.
	Path string `yaml:"path" json:"path"`
	// Interval is how often each checker asks: 30s, or 10s at a higher price.
	Interval Duration `yaml:"interval" json:"interval"`
	// Threshold is how many checks in a row turn a checker's opinion, 1 to 10.
	Threshold int `yaml:"threshold" json:"threshold"`
	// Checkers is how many checkers ask; an endpoint is healthy when more than 18 % of
	// them say so (Route 53 Developer Guide, How health is determined).
	Checkers int `yaml:"checkers" json:"checkers"`
}

// Instance is an EC2 instance as a stage file asks for it.
type Instance struct {
	Name string `yaml:"name" json:"name"`
	// Role is what chaos selects by: "web".
	Role string `yaml:"role" json:"role"`
	// Type is the instance type: "t2.micro".
	Type string `yaml:"type" json:"type"`
	// Zone is the Availability Zone: "us-east-1a".
	Zone string `yaml:"zone" json:"zone"`
	// ElasticIP gives the instance an elastic IP. Without one its public address is
	// assigned at each start.
	ElasticIP bool `yaml:"elastic_ip" json:"elastic_ip"`
	// Private leaves the instance without a public address: only the lab's own machines
	// and who knows its private one can try to reach it.
	Private bool `yaml:"private" json:"private,omitempty"`
	// SecurityGroups are the names of the groups whose rules protect it, at most five;
	// empty is [DefaultGroup].
	SecurityGroups []string `yaml:"security_groups" json:"security_groups,omitempty"`
	// Credits is the CPU credit balance at the start of a burstable type.
	Credits Credits `yaml:"credits" json:"credits"`
	// CreditMode is "standard" or "unlimited"; empty is the family's default.
	CreditMode string `yaml:"credit_mode" json:"credit_mode,omitempty"`
	// Queue is how many requests may wait for a worker; one more is answered 503.
	// 0 is the default of the lab.
	Queue int `yaml:"queue" json:"queue,omitempty"`
	// AppBoot is how long the application takes from the kernel's start to its
	// listener, beyond the machine's own boot.
	AppBoot Duration `yaml:"app_boot" json:"app_boot"`
	// UserData is how long the user data script runs at the first boot.
	UserData Duration `yaml:"user_data" json:"user_data,omitempty"`
	// App and Program are what the instance runs where that is not the stage's.
	App     string   `yaml:"app" json:"app,omitempty"`
	Program *Program `yaml:"-" json:"program,omitempty"`
	// VolumeGiB is the size of the root EBS volume (gp2), for its price.
	VolumeGiB int `yaml:"volume_gib" json:"volume_gib"`
}

// Credits is a CPU credit balance at start: "launch" (what a launch gives, the
// default), "full" (the type's maximum), "none", or a number of credits.
type Credits string

// Balance is the number of credits that c stands for, given what a launch of the
// type gives and the most that it keeps.
func (c Credits) Balance(launch, most float64) (float64, error) {
	switch c {
	case "", "launch":
		return launch, nil
	case "full":
		return most, nil
	case "none":
		return 0, nil
	}
	n, err := strconv.ParseFloat(string(c), 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("credits %q: write launch, full, none or a number of credits", string(c))
	}
	return n, nil
}

// Share is a part of a whole, 0 to 1. Its text form is a percentage.
type Share float64

// String is s as a percentage with as many digits as it needs: "99.9%".
func (s Share) String() string {
	return strconv.FormatFloat(float64(s)*100, 'g', 10, 64) + "%"
}

// MarshalText encodes s as a percentage.
func (s Share) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText decodes "99.9%" or "0.999".
func (s *Share) UnmarshalText(text []byte) error {
	t := strings.TrimSpace(string(text))
	if rest, ok := strings.CutSuffix(t, "%"); ok {
		// Shifting the decimal point keeps 99.9% the same number as 0.999, which
		// arithmetic on the parsed number does not.
		t = strings.TrimSpace(rest) + "e-2"
	}
	v, err := strconv.ParseFloat(t, 64)
	if err != nil || !(v >= 0 && v <= 1) {
		return fmt.Errorf("%q is not a share: write it like 99.9%% or 0.999", string(text))
	}
	*s = Share(v)
	return nil
}
