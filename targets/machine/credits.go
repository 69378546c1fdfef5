package machine

import (
	"time"

	"showdown/targets/cloud"
)

// taperPerVCPU is the balance, in credits per vCPU, below which a standard instance
// is slowed down. AWS lowers the CPU gradually when few credits are left
// (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-performance-instances-standard-mode-concepts.html)
// without saying how; here the allowed share falls on a line, from all at this
// balance to the baseline at none.
const taperPerVCPU = 3.0

// account is the CPU credit account of a burstable instance. One credit is one vCPU
// at full speed for one AWS minute
// (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-credits-baseline-concepts.html).
type account struct {
	cloud.Credits
	taper float64
	// earn is credits per second of lab time; spend is credits per vCPU second of lab
	// time: both in AWS time, so times the speed.
	earn, spend float64
}

func newAccount(c cloud.Credits, vcpus int, speed float64) *account {
	return &account{
		Credits: c, taper: taperPerVCPU * float64(vcpus),
		earn:  c.PerHour * speed / 3600,
		spend: speed / 60,
	}
}

// balance is all credits, launch credits included. In unlimited mode it is negative
// when surplus credits were spent that are not earned back.
func (a *account) balance() float64 { return a.Launch + a.Earned }

// share is how much of each vCPU the account allows, from the baseline to 1.
func (a *account) share() float64 {
	b := a.balance()
	switch {
	case a.Unlimited || b >= a.taper:
		return 1
	case b <= 0:
		return a.Baseline
	}
	return a.Baseline + (1-a.Baseline)*b/a.taper
}

// steady is how long the share may be taken as constant while busy vCPUs run at it.
func (a *account) steady(busy, share float64) time.Duration {
	const forever = time.Hour
	if a.Unlimited {
		return forever
	}
	change := a.earn - busy*share*a.spend
	b := a.balance()
	var room float64
	switch {
	case b > a.taper && change >= 0:
		return forever
	case b > a.taper:
		room = max(b-a.taper, a.taper/100)
	default:
		room = a.taper / 100
	}
	if change < 0 {
		change = -change
	}
	if change*forever.Seconds() <= room {
		return forever
	}
	return time.Duration(room / change * float64(time.Second))
}

// pass books dt of lab time in which work vCPU seconds were consumed. Launch credits
// go first; what is earned beyond the maximum is lost, and launch credits do not
// count towards it.
func (a *account) pass(dt time.Duration, work float64) {
	used := work * a.spend
	earned := a.earn * dt.Seconds()
	fromLaunch := min(used, a.Launch)
	a.Launch -= fromLaunch
	a.Earned = min(a.Earned+earned-(used-fromLaunch), a.Max)
	if !a.Unlimited {
		a.Earned = max(a.Earned, 0)
	}
}
