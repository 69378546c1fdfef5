package chaos

import (
	"context"

	"showdown/targets/cloud"
)

// commanded is what the effects share that are one command to a machine, undone by
// the same command with Off.
type commanded struct {
	*target
	order cloud.Command
}

func (c *commanded) inject(ctx context.Context) error {
	_, err := c.command(ctx, c.order)
	return err
}

func (c *commanded) left() remains { return c.inMachine() }

func (c *commanded) undo(ctx context.Context) error {
	_, err := c.command(ctx, cloud.Command{Verb: c.order.Verb, Deep: c.order.Deep, Off: true})
	return err
}

// fastest is the shortest time in which path was answered, over n looks one after
// the other. Looks without an answer do not count, nor those that were turned away
// before the work; a time of 0 says that there was none. The shortest is what the instance takes without the queue before it.
func (t *target) fastest(ctx context.Context, path string, n int) (best Sight) {
	for range n {
		if ctx.Err() != nil {
			return best
		}
		s := t.lookAt(ctx, t.name, path, patience{t.limit.connect, t.limit.request})
		if s.worked() && (best.Took == 0 || s.Took < best.Took) {
			best = s
		}
	}
	return best
}
