package ec2

import (
	"fmt"

	"showdown"
	"showdown/targets/cloud"
)

// LaunchCreditsPerVCPU is what a T2 instance in standard mode is given for each
// vCPU at launch and at every start (EC2 User Guide, Standard mode for burstable
// performance instances). They are spent first and do not count towards the
// maximum. No other family is given any, and neither is a T2 in unlimited mode.
const LaunchCreditsPerVCPU = 30.0

// SurplusPerVCPUHour is the credits that one vCPU hour takes: surplus credits are
// priced by the vCPU hour.
const SurplusPerVCPUHour = 60.0

// DefaultUnlimited says whether the type's family bursts in unlimited mode unless
// told otherwise: T3 does, T2 is standard (EC2 User Guide, Burstable performance
// instances).
func DefaultUnlimited(t InstanceType) bool { return t.Burst != nil && t.Family() != "t2" }

// unlimited is whether the type bursts in unlimited mode, given what was asked for:
// "standard", "unlimited", or empty for the family's default.
func unlimited(t InstanceType, mode string) (bool, error) {
	switch mode {
	case "":
		return DefaultUnlimited(t), nil
	case "standard":
		return false, nil
	case "unlimited":
		return t.Burst != nil, nil
	}
	return false, fmt.Errorf("credit mode %q: write standard or unlimited", mode)
}

func launchCredits(t InstanceType, unlimited bool) float64 {
	if t.Burst == nil || t.Family() != "t2" || unlimited {
		return 0
	}
	return LaunchCreditsPerVCPU * float64(t.VCPUs)
}

// account is the credit account of a type with a balance in it; nil for a type that
// is not burstable. The balance fills the earned credits up to the type's maximum,
// and what is beyond it counts as launch credits.
func account(t InstanceType, unlimited bool, launch, earned float64) *cloud.Credits {
	if t.Burst == nil {
		return nil
	}
	if over := earned - t.Burst.MaxCredits; over > 0 {
		earned, launch = t.Burst.MaxCredits, launch+over
	}
	return &cloud.Credits{
		Baseline: t.Burst.BaselinePerVCPU, PerHour: t.Burst.CreditsPerHour, Max: t.Burst.MaxCredits,
		Launch: min(launch, launchCredits(t, unlimited)), Earned: earned, Unlimited: unlimited,
	}
}

// creditsGiven is the account of an instance whose start value a stage file gives.
// It fails when the number is more than the type can hold.
func creditsGiven(t InstanceType, mode string, start showdown.Credits) (*cloud.Credits, error) {
	u, err := unlimited(t, mode)
	if err != nil || t.Burst == nil {
		return nil, err
	}
	launch := launchCredits(t, u)
	balance, err := start.Balance(launch, t.Burst.MaxCredits)
	if err != nil {
		return nil, err
	}
	if most := t.Burst.MaxCredits + launch; balance > most {
		return nil, fmt.Errorf("credits %q: a %s holds at most %g", string(start), t.Name, most)
	}
	if start == "" || start == "launch" {
		return account(t, u, launch, 0), nil
	}
	return account(t, u, 0, balance), nil
}

// fill gives an instance the account that its next machine starts with; nil is none.
func (in *instance) fill(c *cloud.Credits) {
	in.credits, in.launch, in.balance = c, 0, 0
	if c != nil {
		in.launch, in.balance = c.Launch, c.Launch+c.Earned
	}
}

// creditsAtStart is the account after a stop and a start, given the type and
// balance before the stop. A T2 has lost everything and is given launch credits
// again; a T3 finds its balance, which AWS keeps for seven days (EC2 User Guide,
// Standard mode for burstable performance instances). Surplus credits were charged
// at the stop, so a balance below zero is gone.
func creditsAtStart(before, t InstanceType, mode string, balance float64) (*cloud.Credits, error) {
	u, err := unlimited(t, mode)
	if err != nil || t.Burst == nil {
		return nil, err
	}
	kept := 0.0
	if before.Burst != nil && before.Family() != "t2" && t.Family() != "t2" {
		kept = max(0, min(balance, t.Burst.MaxCredits))
	}
	return account(t, u, launchCredits(t, u), kept), nil
}

// creditsAtReboot is the account after a reboot or a crash, which costs no credits.
// Of the balance, launch are launch credits, which stay what they are: they are spent
// first and leave the earned ones their room.
func creditsAtReboot(t InstanceType, mode string, launch, balance float64) (*cloud.Credits, error) {
	u, err := unlimited(t, mode)
	if err != nil || t.Burst == nil {
		return nil, err
	}
	return account(t, u, launch, balance-launch), nil
}
