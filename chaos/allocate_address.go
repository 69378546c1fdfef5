package chaos

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// allocateAddress asks for elastic IPs. An account gets five in a Region, and the
// refusal of the next one is what the action is there to observe.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/elastic-ip-addresses-eip.html
func allocateAddress() deed {
	return deed{
		evidence: "EC2's answers: the addresses that it gave, and the code with which it refused",
		made:     "the lab's own EC2 answers, with the quota and the code of AWS; the addresses are loopback ones",
		effect:   func(t *target, v values) effect { return &allocated{target: t, count: v.count} },
	}
}

type allocated struct {
	*target
	count   int
	given   []string
	refused *Refusal
}

func (a *allocated) ready(context.Context) error { return nil }

func (a *allocated) inject(ctx context.Context) error {
	fleet, err := a.fleet()
	if err != nil {
		return err
	}
	for range a.count {
		address, err := fleet.AllocateAddress(ctx)
		if errors.As(err, &a.refused) {
			return nil
		}
		if err != nil {
			return err
		}
		a.given = append(a.given, address)
	}
	return nil
}

func (a *allocated) confirm(context.Context) (string, bool) {
	a.facts["allocated"], a.facts["code"] = len(a.given), ""
	said := fmt.Sprintf("%d of %d given", len(a.given), a.count)
	if len(a.given) > 0 {
		said += ": " + strings.Join(a.given, ", ")
	}
	if a.refused != nil {
		a.facts["code"], a.facts["message"] = a.refused.Code, a.refused.Message
		return said + "; then " + a.refused.Error(), true
	}
	return said, len(a.given) == a.count
}

func (a *allocated) left() remains {
	if len(a.given) == 0 {
		return leavesNothing
	}
	return leavesChange
}

func (a *allocated) undo(ctx context.Context) error {
	fleet, err := a.fleet()
	if err != nil {
		return err
	}
	for len(a.given) > 0 {
		last := len(a.given) - 1
		if err := fleet.ReleaseAddress(ctx, a.given[last]); err != nil {
			return err
		}
		a.given = a.given[:last]
	}
	return nil
}

func (a *allocated) gone(context.Context) (string, bool) {
	return fmt.Sprintf("%d not released", len(a.given)), len(a.given) == 0
}
