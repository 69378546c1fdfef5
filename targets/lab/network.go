package lab

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"syscall"
	"time"

	"showdown"
	"showdown/targets/cloud"
	"showdown/targets/cloud/ec2"
	"showdown/targets/cloud/vpc"
)

// tellPatience bounds how long a machine may take to take in who may reach it. It is
// real time: a change waits for it.
const tellPatience = time.Second

// network joins the lab's security groups to its instances.
type network struct {
	*vpc.VPC
	lab *Lab
}

// newNetwork is the security groups of l's topology without members.
func newNetwork(l *Lab, plan vpc.Plan) (*network, error) {
	internet, err := plan.Internet()
	if err != nil {
		return nil, err
	}
	n := &network{lab: l}
	n.VPC, err = vpc.New(vpc.Config{
		Groups: l.cfg.Cell.Topology.SecurityGroups, Internet: internet, Push: n.tell, Emit: l.outbox.add,
	})
	return n, err
}

// Attach makes an instance that starts a member of its groups.
func (n *network) Attach(ctx context.Context, in ec2.Interface) (*cloud.Inbound, error) {
	return n.attach(ctx, in.Name, in.Groups, in.Private)
}

// attach makes a machine that starts a member of groups.
func (n *network) attach(ctx context.Context, name string, groups []string, address string) (*cloud.Inbound, error) {
	private, err := netip.ParseAddr(address)
	if err != nil {
		return nil, err
	}
	inbound, err := n.Join(ctx, vpc.Member{Name: name, Groups: groups, Private: private})
	if vpc.Code(err) != "" || ctx.Err() != nil {
		return nil, err
	}
	// That others could not be told keeps nobody from starting: they are told later.
	return protection(inbound), nil
}

// Attached tells a machine what changed while it started.
func (n *network) Attached(ctx context.Context, name string) {
	_ = n.Sync(ctx, name) // who cannot be told now is told later
}

// Detach takes a terminated instance out of its groups.
func (n *network) Detach(ctx context.Context, name, private string) {
	if address, err := netip.ParseAddr(private); err == nil {
		_ = n.Leave(ctx, name, address) // who cannot be told now is told later
	}
}

// tell sends a machine that runs what it lets in.
func (n *network) tell(ctx context.Context, name string, in cloud.Inbound) error {
	m, ok := n.lab.anyMachine(name)
	if !ok {
		return nil
	}
	order := cloud.Command{Verb: cloud.Protect, Inbound: protection(in)}
	order.Off = order.Inbound == nil
	ctx, cancel := context.WithTimeout(ctx, tellPatience)
	defer cancel()
	_, err := m.Do(ctx, order)
	select {
	case <-m.Done():
		return nil // it is told when it starts again
	default:
		return err
	}
}

// protection is in as a machine takes it: nil where everybody may reach the
// application, so that such a machine has no filter to pass.
func protection(in cloud.Inbound) *cloud.Inbound {
	if len(in.Cut) == 0 {
		for _, a := range in.Allow {
			if a.Port == cloud.Port && a.From.Bits() == 0 {
				return nil
			}
		}
	}
	return &in
}

// tellLate tells machines that could not be told of a change, because they were frozen
// for example, until ctx ends.
func (l *Lab) tellLate(ctx context.Context) {
	ticker := time.NewTicker(l.cfg.Clock.Lab(showdown.Minute))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			_ = l.VPC().Sync(ctx) // who cannot be told now is told with the next tick
		}
	}
}

// systemAnswers says whether a connection to a machine is answered: accepted or
// refused, it is the system that does so. It comes from the machine's own address, as
// from the host under it: AWS's status checks pass no security group.
func systemAnswers(ctx context.Context, private string) bool {
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(private)}}
	conn, err := d.DialContext(ctx, "tcp", net.JoinHostPort(private, strconv.Itoa(cloud.Port)))
	if err != nil {
		return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET)
	}
	_ = conn.Close() // it was opened to see that it opens
	return true
}
