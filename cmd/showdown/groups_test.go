package main

import (
	"strings"
	"testing"

	"showdown"
)

func TestShowsWhoShallReachWhom(t *testing.T) {
	instance := func(name string, groups ...string) showdown.Instance {
		return showdown.Instance{Name: name, Type: "t2.micro", Zone: "us-east-1a", SecurityGroups: groups}
	}
	var b strings.Builder
	err := writeGroups(&b, showdown.Topology{
		Instances: []showdown.Instance{instance("web-1", "web"), instance("web-2", "web"), instance("db-1", "db"), instance("spare-1")},
		SecurityGroups: []showdown.SecurityGroup{
			{Name: "web", Inbound: []showdown.SecurityRule{{From: showdown.FromInternet}}},
			{Name: "db", Inbound: []showdown.SecurityRule{{From: "web"}, {From: "10.0.0.0/8", Port: 3306}}},
			{Name: "closed"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `
  group web     lets in  from internet
  group db      lets in  from web, from 10.0.0.0/8 to port 3306
  group closed  lets in  nobody
  from      web-1    web-2    db-1     spare-1
  internet  answer   answer   silence  answer
  web       silence  silence  answer   answer
  db        silence  silence  -        answer
  default   silence  silence  silence  -
`
	if got := "\n" + b.String(); got != want {
		t.Errorf("got%s\nwant%s", got, want)
	}
	b.Reset()
	if err := writeGroups(&b, showdown.Topology{Instances: []showdown.Instance{instance("web-1")}}); err != nil || b.Len() > 0 {
		t.Errorf("without groups: %q, %v", b.String(), err)
	}
}
