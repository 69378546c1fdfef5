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
