package machine

import (
	"testing"
	"time"

	"showdown/targets/cloud"
)

// The AWS rules are those of the EC2 User Guide, burstable performance instances:
// key concepts, standard mode, unlimited mode.

// aws is the lab time of d AWS minutes at a speed.
func aws(minutes, speed float64) time.Duration {
	return time.Duration(minutes * float64(time.Minute) / speed)
}

// burn keeps every vCPU busy until the share falls below limit, and returns the AWS
// minutes that took, at most 2,000.
func burn(t *testing.T, c cloud.Capacity, speed, limit float64) float64 {
	t.Helper()
	p := mustPool(t, c, speed)
	for i := range p.free {
		p.free[i] = 1e9 // more work than there is time for
	}
	for minute := 0.0; minute < 2000; minute += 0.25 {
		p.advance(after(aws(minute, speed)))
		if p.share() < limit {
			return minute
		}
	}
	return 2000
}

func TestFullLoadThrottlesWhenTheCreditsAreSpent(t *testing.T) {
	for _, c := range []struct {
		name     string
		capacity cloud.Capacity
		want     float64 // AWS minutes until half of the burst is lost
	}{
		// 30 launch credits, 1 spent and 0.1 earned a minute: 30/0.9 = 33.3 minutes.
		{"fresh t2.micro", t2micro(cloud.Credits{Launch: 30}), 33.3},
		// After a day: 144 earned and 30 of the launch: 174/0.9 = 193.3 minutes, less the
		// 3.3 for what is earned in vain: the account stays full while launch credits
		// are spent.
		{"t2.micro idle for a day", t2micro(cloud.Credits{Launch: 30, Earned: 144}), 190},
		{"t2.micro with 174 credits, none in vain", t2micro(cloud.Credits{Launch: 144, Earned: 30}), 193.3},
		// Two vCPUs spend 2 and earn 0.2 a minute: 288/1.8 = 160 minutes.
		{"full t3.micro in standard mode", t3micro(cloud.Credits{Earned: 288}), 160},
		{"t2.micro without credits", t2micro(cloud.Credits{}), 0},
		{"t2.micro without credits, unlimited", t2micro(cloud.Credits{Unlimited: true}), 2000},
	} {
		for _, speed := range []float64{1, 60, 300, 3600} {
			// The taper reaches the middle one credit's time before the account is empty.
			if got := burn(t, c.capacity, speed, 0.55); !near(got, c.want, 1.5) {
				t.Errorf("%s at speed %g: throttled after %g AWS minutes, want %g", c.name, speed, got, c.want)
			}
		}
	}
}

func TestThrottlingIsGradualAndEndsAtTheBaseline(t *testing.T) {
	a := newAccount(*t2micro(cloud.Credits{}).Credits, 1, 60)
	for _, c := range []struct{ balance, want float64 }{
		{174, 1}, {3, 1}, {1.5, 0.55}, {0.3, 0.19}, {0, 0.1},
	} {
		a.Launch, a.Earned = 0, c.balance
		if got := a.share(); !near(got, c.want, 1e-9) {
			t.Errorf("at %g credits the share is %g, want %g", c.balance, got, c.want)
		}
	}
	first, last := burn(t, t2micro(cloud.Credits{Launch: 30}), 60, 0.999), burn(t, t2micro(cloud.Credits{Launch: 30}), 60, 0.15)
	if d := last - first; d < 5 || d > 15 {
		t.Errorf("from full speed to 15 %% it takes %g AWS minutes", d)
	}
}

func TestEarningIsCapped(t *testing.T) {
	for _, c := range []struct {
		name    string
		credits cloud.Credits
		hours   float64
		want    float64
	}{
		{"6 an hour", cloud.Credits{}, 1, 6},
		{"a day fills it", cloud.Credits{}, 24, 144},
		{"two days do no more", cloud.Credits{}, 48, 144},
		{"launch credits do not count to the maximum", cloud.Credits{Launch: 30}, 48, 174},
		{"debts are paid first", cloud.Credits{Earned: -3, Unlimited: true}, 1, 3},
	} {
		p := mustPool(t, t2micro(c.credits), 60)
		p.advance(after(aws(c.hours*60, 60)))
		if got := p.credits.balance(); !near(got, c.want, 1e-6) {
			t.Errorf("%s: %g credits, want %g", c.name, got, c.want)
		}
	}
}

func TestLaunchCreditsAreSpentFirst(t *testing.T) {
	a := newAccount(*t2micro(cloud.Credits{Launch: 2, Earned: 10}).Credits, 1, 60)
	minute := time.Second // at speed 60
	a.pass(minute, 1)
	if !near(a.Launch, 1, 1e-9) || !near(a.Earned, 10.1, 1e-9) {
		t.Errorf("after a minute %g launch and %g earned credits", a.Launch, a.Earned)
	}
	a.pass(2*minute, 2)
	if !near(a.Launch, 0, 1e-9) || !near(a.Earned, 9.3, 1e-9) {
		t.Errorf("after three minutes %g launch and %g earned credits", a.Launch, a.Earned)
	}
}

func TestPartialLoadSpendsWhatItUses(t *testing.T) {
	// 10 % of a vCPU is the baseline: what is earned is spent.
	p := mustPool(t, t2micro(cloud.Credits{Earned: 50}), 60)
	goodput(p, 10, 0, 60*time.Second) // an AWS hour of 10 requests/s, 10 ms each
	p.advance(after(60 * time.Second))
	if got := p.credits.balance(); !near(got, 50, 0.05) {
		t.Errorf("at the baseline 50 credits became %g", got)
	}
	// 50 %: 30 spent and 6 earned in an hour.
	p = mustPool(t, t2micro(cloud.Credits{Earned: 50}), 60)
	goodput(p, 50, 0, 60*time.Second)
	p.advance(after(60 * time.Second))
	if got := p.credits.balance(); !near(got, 26, 0.1) {
		t.Errorf("after an hour at half load 50 credits became %g, want 26", got)
	}
}

func TestUnlimitedCountsSurplus(t *testing.T) {
	p := mustPool(t, t2micro(cloud.Credits{Unlimited: true}), 60)
	goodput(p, 200, 0, 30*time.Second) // half an AWS hour at full speed, and a queue
	p.advance(after(30 * time.Second))
	if got := p.credits.balance(); !near(got, -27, 0.2) { // 30 spent, 3 earned
		t.Errorf("balance %g, want -27", got)
	}
	if p.share() != 1 {
		t.Errorf("share %g", p.share())
	}
}

func TestStolenTimeCostsNoCredits(t *testing.T) {
	full, half := mustPool(t, t2micro(cloud.Credits{Earned: 100}), 60), mustPool(t, t2micro(cloud.Credits{Earned: 100}), 60)
	half.setSteal(epoch, 0.5)
	for _, p := range []*pool{full, half} {
		p.free[0] = 1e9
		p.advance(after(10 * time.Second))
	}
	if spent, want := 100-half.credits.balance(), (100-full.credits.balance()+1)/2-1; !near(spent, want, 1e-6) {
		t.Errorf("%g credits spent, want %g", spent, want)
	}
}
