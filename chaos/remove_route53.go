package chaos

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"showdown"
)

// Pinner is a [Load] whose clients can be told the addresses of a name: those that
// resolve it use them from then on and ask no more, until restore is called.
type Pinner interface {
	PinName(host string, endpoints []Endpoint) (restore func())
}

// nameless is a record that is deleted, after its addresses were handed to the clients.
type nameless struct {
	*target
	host      string
	addresses []string
	restore   func(context.Context) error
	unpin     func()
}

func (n *nameless) ready(ctx context.Context) error {
	if _, err := n.balancers(); err != nil {
		return err
	}
	names, err := n.names()
	if err != nil {
		return err
	}
	now := n.listen(ctx, names, n.host, n.limit.answer)
	n.facts["records_before"] = now.most()
	if !now.all(func(r reply) bool { return r.said == SaidAddresses }) {
		return errors.New("the name servers gave no addresses before: " + now.String())
	}
	return nil
}

func (n *nameless) inject(ctx context.Context) error {
	b, err := n.balancers()
	if err != nil {
		return err
	}
	if n.load == nil {
		return errors.New("no clients to tell the addresses")
	}
	if n.addresses, n.restore, err = b.RemoveName(ctx, n.host); err != nil {
		return err
	}
	endpoints := n.endpoints()
	if len(endpoints) == 0 {
		return fmt.Errorf("the record of %s gave no address to tell the clients", n.host)
	}
	if p, ok := n.load.(Pinner); ok {
		n.unpin = p.PinName(n.host, endpoints)
	} else {
		n.load.SetAddresses(endpoints)
	}
	told := map[string]string{}
	for _, e := range endpoints {
		told[e.Name] = e.Address
		n.facts["address/"+e.Name] = e.Address
	}
	n.facts["addresses"] = len(told)
	n.emit(showdown.Event{Kind: showdown.ClientsTold, Source: source, Data: map[string]any{"addresses": told}})
	return nil
}

// endpoints are the addresses with the names of whom they belong to.
func (n *nameless) endpoints() (out []Endpoint) {
	for _, ip := range n.addresses {
		e := Endpoint{ip, address(ip, appPort)}
		for _, in := range n.instances() {
			if in.Public == ip {
				e.Name = in.Name
			}
		}
		for _, node := range n.nodes() {
			if at, _, _ := net.SplitHostPort(node.Address); at == ip {
				e = Endpoint{node.Name, node.Address}
			}
		}
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b Endpoint) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// answered waits until every name server says what is wanted.
func (n *nameless) answered(ctx context.Context, want Said) (heard, bool) {
	names, err := n.names()
	if err != nil {
		return heard{}, false
	}
	var now heard
	ok := n.until(ctx, n.limit.operation, func() bool {
		now = n.listen(ctx, names, n.host, n.limit.answer)
		return now.all(func(r reply) bool { return r.said == want })
	})
	n.facts["records"] = now.most()
	return now, ok
}

func (n *nameless) confirm(ctx context.Context) (string, bool) {
	now, ok := n.answered(ctx, SaidNothing)
	return fmt.Sprintf("%s; the clients were told %s", now, strings.Join(n.addresses, " ")), ok
}

func (n *nameless) left() remains {
	if n.restore != nil {
		return leavesFault
	}
	return leavesNothing
}

func (n *nameless) undo(ctx context.Context) error {
	if err := n.restore(ctx); err != nil {
		return err
	}
	if n.unpin != nil {
		n.unpin()
		n.unpin = nil
	}
	return nil
}

func (n *nameless) gone(ctx context.Context) (string, bool) {
	now, ok := n.answered(ctx, SaidAddresses)
	return now.String(), ok
}
