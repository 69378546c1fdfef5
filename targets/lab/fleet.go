package lab

import (
	"context"

	"showdown"
	"showdown/targets/cloud/ec2"
)

// Launch launches an instance and returns when EC2 has accepted it; its boot goes on in
// [Lab.Run]. It may have the name of one that was terminated. With an elastic IP that
// is allocated first, which fails beyond the Region's limit.
func (l *Lab) Launch(ctx context.Context, in showdown.Instance) error {
	return l.do("launch", func(r *ec2.Region) error {
		elastic := ""
		if in.ElasticIP {
			var err error
			if elastic, err = r.AllocateAddress(ctx); err != nil {
				return err
			}
		}
		if _, err := r.RunInstances(ctx, l.launchOf(in, elastic)); err != nil {
			return err
		}
		l.remember(in)
		return nil
	})
}

// remember notes an instance that was launched.
func (l *Lab) remember(in showdown.Instance) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.specs {
		if l.specs[i].Name == in.Name {
			l.specs[i] = in
			return
		}
	}
	l.specs = append(l.specs, in)
}

// Terminate terminates an instance and returns when EC2 has accepted it; the end goes on
// in [Lab.Run]. Where silent is set nothing answers at its addresses afterwards, as on
// AWS; else they refuse. Its elastic IP stays allocated.
func (l *Lab) Terminate(ctx context.Context, name string, silent bool) error {
	return l.do("terminate", func(r *ec2.Region) error {
		if silent {
			return r.TerminateSilently(ctx, name)
		}
		return r.TerminateInstances(ctx, name)
	})
}
