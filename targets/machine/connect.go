package machine

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"showdown/targets/cloud"
)

// defaultLook is how long a connection is waited for when the order does not say it.
const defaultLook = time.Second

// connect opens a connection from the machine's private address, asks for the order's
// path and says what it met within the order's delay.
func (m *machine) connect(ctx context.Context, c cloud.Command) (*cloud.Counters, error) {
	to, err := netip.ParseAddrPort(c.Address)
	if err != nil {
		return nil, fmt.Errorf("address %q: write it like 127.19.0.4:8080: %w", c.Address, err)
	}
	if c.Delay < 0 {
		return nil, fmt.Errorf("delay %s is negative", c.Delay)
	}
	if c.Delay == 0 {
		c.Delay = defaultLook
	}
	ctx, cancel := context.WithTimeout(ctx, c.Delay)
	defer cancel()
	met, look := cloud.LookAt(ctx, m.config.Private, to.String(), c.Path)
	return &cloud.Counters{Met: met, Look: &look}, nil
}
