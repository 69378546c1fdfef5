package ec2

import "strings"

// InstanceType is the hardware that an instance rents.
type InstanceType struct {
	// Name is the type's name: "t2.micro".
	Name string `json:"name"`
	// VCPUs is the number of virtual CPUs.
	VCPUs int `json:"vcpus"`
	// MemoryGiB is the memory in GiB.
	MemoryGiB float64 `json:"memory_gib"`
	// Network is the network performance in the words of the EC2 User Guide.
	Network string `json:"network"`
	// CoreMark is the CoreMark iterations/s of all vCPUs together at full speed; of a
	// burstable type, while it bursts.
	CoreMark float64 `json:"coremark"`
	// Burst is the CPU credit account of a burstable type; nil for the others.
	Burst *Burst `json:"burst,omitempty"`
}

// Burst is what a burstable type earns (EC2 User Guide, Key concepts and definitions
// for burstable performance instances).
type Burst struct {
	// BaselinePerVCPU is the share of each vCPU that the earned credits pay for, 0 to 1.
	BaselinePerVCPU float64 `json:"baseline_per_vcpu"`
	// CreditsPerHour is earned in an AWS hour, MaxCredits the most that is kept: what
	// is earned in 24 hours.
	CreditsPerHour float64 `json:"credits_per_hour"`
	MaxCredits     float64 `json:"max_credits"`
}

// Family is the part of the type's name before the dot: "t2".
func (t InstanceType) Family() string {
	family, _, _ := strings.Cut(t.Name, ".")
	return family
}

// Sustained is the CoreMark iterations/s that the type holds for ever: all of
// CoreMark, or of a burstable type what its baseline leaves.
func (t InstanceType) Sustained() float64 {
	if t.Burst == nil {
		return t.CoreMark
	}
	return t.CoreMark * t.Burst.BaselinePerVCPU
}

// Types lists the instance types that a lab knows, smallest first in each family.
//
// What they cost is in package pricing. Sources of the columns: vCPUs and memory from
// the ec2-instances-info price list of 2023-08-30 (LeanerCloud; us-east-1, Linux);
// network from the EC2 User Guide, general purpose and compute optimized instances;
// baseline and credits from the EC2 User Guide, Key concepts and definitions for
// burstable performance instances; CoreMark from the runs that ec2instances.info
// published on 2025-12-10, one run each, t2 and t3 with burst credits.
func Types() []InstanceType {
	burst := func(baseline, perHour, most float64) *Burst { return &Burst{baseline, perHour, most} }
	return []InstanceType{
		{"t2.nano", 1, 0.5, "Low to Moderate", 20638, burst(0.05, 3, 72)},
		{"t2.micro", 1, 1, "Low to Moderate", 22258, burst(0.10, 6, 144)},
		{"t2.small", 1, 2, "Low to Moderate", 22166, burst(0.20, 12, 288)},
		{"t2.medium", 2, 4, "Low to Moderate", 41051, burst(0.20, 24, 576)},
		{"t2.large", 2, 8, "Low to Moderate", 44121, burst(0.30, 36, 864)},
		{"t3.micro", 2, 1, "Up to 5 Gigabit", 29070, burst(0.10, 12, 288)},
		{"t3.small", 2, 2, "Up to 5 Gigabit", 28124, burst(0.20, 24, 576)},
		{"t3.medium", 2, 4, "Up to 5 Gigabit", 29163, burst(0.20, 24, 576)},
		{"t3.large", 2, 8, "Up to 5 Gigabit", 27293, burst(0.30, 36, 864)},
		{"m4.large", 2, 8, "Moderate", 26848, nil},
		{"m5.large", 2, 8, "Up to 10 Gigabit", 28470, nil},
		{"m5.xlarge", 4, 16, "Up to 10 Gigabit", 59119, nil},
		{"m5.2xlarge", 8, 32, "Up to 10 Gigabit", 115791, nil},
		{"m6i.large", 2, 8, "Up to 12.5 Gigabit", 35055, nil},
		{"c5.large", 2, 4, "Up to 10 Gigabit", 33103, nil},
	}
}

// TypeByName is the instance type of that name; ok is false when the lab does not
// know it.
func TypeByName(name string) (t InstanceType, ok bool) {
	for _, t := range Types() {
		if t.Name == name {
			return t, true
		}
	}
	return InstanceType{}, false
}

// TypeNames lists the names of [Types] in their order, for messages.
func TypeNames() []string {
	var names []string
	for _, t := range Types() {
		names = append(names, t.Name)
	}
	return names
}
