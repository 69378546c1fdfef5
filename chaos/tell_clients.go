package chaos

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"showdown"
	"showdown/targets/cloud"
)

// tellClients tells the clients the present addresses of the instances: what a
// mailing to all customers does on the day when an address has changed.
func tellClients() deed {
	return deed{
		evidence: "somebody answers at the addresses that were told",
		made:     "the clients know at once; people would read a mail one after the other, or not at all",
		effect:   func(t *target, _ values) effect { return &told{target: t} },
	}
}

type told struct {
	*target
	endpoints []Endpoint
}

func (t *told) ready(context.Context) error { return nil }

func (t *told) inject(context.Context) error {
	if t.load == nil {
		return errors.New("no clients to tell")
	}
	addresses := map[string]string{}
	for _, in := range t.instances() {
		if in.Public == "" {
			continue
		}
		e := Endpoint{in.Name, address(in.Public, cloud.Port)}
		t.endpoints = append(t.endpoints, e)
		addresses[e.Name] = e.Address
	}
	if len(t.endpoints) == 0 {
		return errors.New("no instance has a public address to tell")
	}
	t.load.SetAddresses(t.endpoints)
	t.emit(showdown.Event{Kind: showdown.ClientsTold, Source: source, Data: map[string]any{"addresses": addresses}})
	return nil
}

// confirm asks each address that was told. One of them may be down, which is what its
// clients will find; where nobody answers at any, nothing was seen of the telling.
func (t *told) confirm(ctx context.Context) (string, bool) {
	var seen []string
	answered := false
	for _, e := range t.endpoints {
		s := t.probe.look(ctx, e.Address, healthPath, t.patience())
		answered = answered || s.Good()
		seen = append(seen, fmt.Sprintf("%s is %s, %s", e.Name, e.Address, s))
		t.facts["address/"+e.Name] = e.Address
	}
	t.facts["addresses"] = len(t.endpoints)
	return strings.Join(seen, "; "), answered
}

func (t *told) left() remains { return leavesNothing }

func (t *told) undo(context.Context) error { return nil }

func (t *told) gone(context.Context) (string, bool) { return "nothing to undo", true }
